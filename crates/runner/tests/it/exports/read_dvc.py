"""What DVC makes of a folder: python3 read_dvc.py commit DIR, and after a second export python3 read_dvc.py show DIR

The first makes a repository of it and commits; the second prints, as JSON, what there is and what differs from then.
"""

import json
import os
import subprocess
import sys

DVC = [sys.executable, "-m", "dvc"]
GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]


def run(*command):
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": os.path.join(os.getcwd(), ".dvc-site")}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}: {result.stdout}{result.stderr}")
    return result.stdout


def commit():
    run(*GIT, "init", "--quiet")
    run(*DVC, "init", "--quiet")
    with open(".gitignore", "w", encoding="utf-8") as file:
        file.write(".dvc-site\n")
    run(*GIT, "add", ".")
    run(*GIT, "commit", "--quiet", "--message", "first export")


def show():
    return {
        "metrics": json.loads(run(*DVC, "metrics", "show", "--json")),
        "metrics_diff": json.loads(run(*DVC, "metrics", "diff", "--json")),
        "params_diff": json.loads(run(*DVC, "params", "diff", "--json")),
        "plots": json.loads(run(*DVC, "plots", "show", "--json")),
        "page": run(*DVC, "plots", "show", "--out", "page").strip(),
        "experiments": json.loads(run(*DVC, "exp", "show", "--json")),
    }


if __name__ == "__main__":
    what, folder = sys.argv[1:]
    os.chdir(folder)
    json.dump({"commit": commit, "show": show}[what](), sys.stdout)
