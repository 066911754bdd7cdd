// What the portal's pages do by themselves; without it every page works, by links and forms.
import "./elements/local-time.js";
import "./elements/mail-frame.js";
import "./elements/live-portal.js";
