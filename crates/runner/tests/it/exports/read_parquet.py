"""What DuckDB makes of the tables of runs and of epochs, as JSON: python3 read_parquet.py DIR"""

import json
import sys

import duckdb


def rows(question):
    relation = duckdb.sql(question)
    return [dict(zip(relation.columns, row)) for row in relation.fetchall()]


if __name__ == "__main__":
    folder = sys.argv[1]
    told = {}
    for name in ["runs", "epochs"]:
        file = f"'{folder}/{name}.parquet'"
        told[name] = rows(f"select * from {file}")
        told[f"{name}_types"] = {row["column_name"]: row["column_type"] for row in rows(f"describe select * from {file}")}
    told["best"] = rows(
        f"""select r.trial, r."input.fill" as fill, r.seed, min(e."validation.rmse") as best
        from '{folder}/runs.parquet' r join '{folder}/epochs.parquet' e using (experiment, trial)
        group by all order by all"""
    )
    json.dump(told, sys.stdout)
