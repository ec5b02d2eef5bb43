"""A Kolibri that keeps running, so that tests with many steps start it only once."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from examples.clients import ClientError, Kolibri, executable

SCRIPT = Path(__file__).with_name("kolibri_script.py")
PATIENCE = 20  # seconds for it to end


class RunningKolibri(Kolibri):
    """A provisioned Kolibri in the folder `home`, with a superuser signed in, until `stop`."""

    def __init__(self, home: Path, url: str) -> None:
        super().__init__(home, url)
        self.log = home.with_suffix(".log")
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [str(executable("kolibri", "python")), str(SCRIPT)],
                cwd=home.parent,
                env=os.environ | self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def stop(self) -> None:
        """Stop it by closing its input."""
        try:
            self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def get(self, path: str, /, headers: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
        """`{"status", "headers", "body"}` of Kolibri's own API, below `/api/content/` or at a whole path."""
        split = urlsplit(path)
        parameters = {**dict(parse_qsl(split.query)), **parameters}
        answer: dict[str, Any] = self._call(
            "get", path=urljoin("/api/content/", split.path), parameters=parameters, headers=headers or {}
        )
        return answer

    def body(self, path: str, /, **parameters: Any) -> Any:
        """The body of a response that must be 200."""
        answer = self.get(path, **parameters)
        assert answer["status"] == 200, answer
        return answer["body"]

    def browse(self, path: str, /, **parameters: Any) -> Any:
        """The body of a response that Kolibri fetches from the content server."""
        return self.body(path, baseurl=self.url, **parameters)

    def manage(self, *arguments: str) -> str:
        """The output of a management command, run in this process."""
        output: str = self._call("manage", arguments=arguments)
        return output

    def task(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Run a content task of the device page; returns its status and results."""
        job: dict[str, Any] = self._call("task", name=name, parameters=parameters)
        assert job["status"] == "COMPLETED", job["detail"]
        return job

    def import_metadata(self, node_id: str, import_descendants: bool) -> dict[str, Any]:
        """The tables that Kolibri collects from all pages of importmetadata."""
        tables: dict[str, Any] = self._call("import_metadata", node_id=node_id, import_descendants=import_descendants)
        return tables

    def _call(self, function: str, /, **arguments: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([function, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ClientError(f"Kolibri has ended:\n{self.log.read_text()[-3000:]}")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise ClientError(answer["error"])
        return answer
