"""The login of helm at a registry: for this process only, and begun early where it is needed."""

from __future__ import annotations

import json
from concurrent.futures import Future
from functools import partial

from ...console.waiting import in_background
from ...core.secret import Secret
from .program import HelmProgram


class Login:
    """The login of `helm`, in a registry config of its own; `is_valid` tells whether there is one.

    What runs in the background is waited for by whatever comes next.
    """

    def __init__(self, helm: HelmProgram) -> None:
        self.is_valid = False
        self._helm = helm
        self._ahead: dict[tuple[str, str], Future[None]] = {}
        self._logout: Future[object] | None = None

    @property
    def is_begun(self) -> bool:
        """Whether a login in the background waits to be used."""
        return bool(self._ahead)

    def begin(self, host: str, user: str, token: Secret) -> None:
        """Begin to log in, in the background, for a `log_in` with the same host and user."""
        executor = self._helm.own.runner.executor
        log_in = partial(self._log_in, host, user, token)
        executor.quietly(lambda: self._ahead.update({(host, user): in_background(log_in)}))

    def log_in(self, host: str, user: str, token: Secret) -> bool:
        """Log in; return False if that was only planned. Raises AccessDenied, ServiceError."""
        self.finish()
        ahead = self._ahead.pop((host, user), None)
        if ahead:
            ahead.result()
        else:
            self._log_in(host, user, token)
        self.is_valid = True
        return not self._helm.own.runner.executor.dry_run

    def _log_in(self, host: str, user: str, token: Secret) -> None:
        """Log in: helm reads the token from stdin; a dry run shows `gh auth token` there."""
        self._helm.own.change(
            "registry",
            "login",
            host,
            f"--username={user}",
            "--password-stdin",
            *self._helm.plain_http_option("login"),
            stdin=token.reveal(),
            dry_run_form="gh auth token | {}",
        )

    def log_out(self, host: str) -> bool:
        """Forget the login; it is no error if there is none. Return False if only planned."""
        output = self._helm.own.change("registry", "logout", host, check=False)
        self._helm.config.unlink(missing_ok=True)
        self.is_valid = False
        return output is not None

    def begin_log_out(self, host: str) -> None:
        """Log out, or plan it: by deleting our own file, or by helm in the background.

        helm may have given the login to a keychain of the system, and only helm takes it out again.
        """
        self.is_valid = False
        if self._helm.own.runner.executor.dry_run:
            self.log_out(host)
        elif not self._names_a_keychain():
            self._helm.config.unlink(missing_ok=True)
        else:
            self._logout = in_background(partial(self.log_out, host))

    def _names_a_keychain(self) -> bool:
        """Return whether the registry config leads to logins elsewhere, as far as can be told."""
        try:
            config = json.loads(self._helm.config.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return True
        return not isinstance(config, dict) or config.keys() != {"auths"}

    def finish(self) -> None:
        """Wait for the end of a logout in the background."""
        logout, self._logout = self._logout, None
        if logout:
            logout.result()
