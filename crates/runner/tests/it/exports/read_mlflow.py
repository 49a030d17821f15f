"""What MLflow makes of an export, as JSON.

python3 read_mlflow.py migrated DIR DATABASE   by `mlflow migrate-filestore` into a new SQLite file
python3 read_mlflow.py served URL              by a running server
"""

import json
import subprocess
import sys

from mlflow.tracking import MlflowClient


def told(uri):
    client = MlflowClient(tracking_uri=uri)
    return {
        experiment.name: {
            run.data.tags["hourglass.trial"]: {
                "id": run.info.run_id,
                "name": run.info.run_name,
                "status": run.info.status,
                "start": run.info.start_time,
                "end": run.info.end_time,
                "params": run.data.params,
                "tags": run.data.tags,
                "latest": run.data.metrics,
                "artifacts": artifacts(client, run),
                "history": {
                    key: [[point.timestamp, point.step, point.value] for point in client.get_metric_history(run.info.run_id, key)]
                    for key in run.data.metrics
                },
            }
            for run in client.search_runs([experiment.experiment_id])
        }
        for experiment in client.search_experiments()
    }


def artifacts(client, run):
    return {
        artifact.path: open(client.download_artifacts(run.info.run_id, artifact.path), encoding="utf-8").read()
        for artifact in client.list_artifacts(run.info.run_id)
    }


def migrated(folder, database):
    command = [sys.executable, "-m", "mlflow", "migrate-filestore", "--source", folder, "--target", f"sqlite:///{database}"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(result.stdout + result.stderr)
    return told(f"sqlite:///{database}")


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    json.dump({"migrated": migrated, "served": told}[what](*arguments), sys.stdout)
