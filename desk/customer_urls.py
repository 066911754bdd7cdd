"""Addresses of contacts and organisations at the desk."""

from django.urls import path

from desk.views import customers, merging, organizations

C = "customers/<int:contact_id>"

urlpatterns = [
    path("customers/", customers.customers, name="customers"),
    path(f"{C}/", customers.customer, name="customer"),
    path(f"{C}/choices/", customers.choices, name="customer_choices"),
    path(f"{C}/identities/", customers.identities, name="customer_identities"),
    path(f"{C}/identities/<int:identity_id>/proof/", customers.identity_proof, name="identity_proof"),
    path(f"{C}/identities/<int:identity_id>/removal/", customers.identity_removal, name="identity_removal"),
    path(f"{C}/claims/<int:claim_id>/proof/", customers.claim_proof, name="claim_proof"),
    path(f"{C}/claims/<int:claim_id>/removal/", customers.claim_removal, name="claim_removal"),
    path(f"{C}/merge/", merging.merge, name="customer_merge"),
    path(f"{C}/merge/removal/", merging.merge_removal, name="customer_merge_removal"),
    path(f"{C}/distinct/", merging.distinct, name="customer_distinct"),
    path(f"{C}/distinct/removal/", merging.distinct_removal, name="customer_distinct_removal"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/new/", organizations.new_organization, name="new_organization"),
    path("organizations/<int:organization_id>/", organizations.organization, name="organization"),
]
