# `just` lists these recipes. Set-up comes first: ./bootstrap.sh setup

set positional-arguments

hourglass := "cargo run --quiet -p hourglass --"

# Without libtorch, which these verbs do not need: it starts at once
records := replace(hourglass, "-p hourglass", "-p hourglass --bin hourglass")

_list:
    @{{ just_executable() }} --justfile '{{ justfile() }}' --list --unsorted

# Train what an experiment declares and is not done yet, then draw its charts
run file *args:
    @{{ hourglass }} run "$@"

# The same as run, for those who look for it by this name
sweep file *args:
    @{{ hourglass }} run "$@"

# Show an experiment's trials with their size, memory and time, without training
plan file *args:
    @{{ hourglass }} plan "$@"

# Draw charts, tables and pages again from the records, of an experiment file or of all in a folder
report place="results" *args:
    @{{ records }} report "$@"

# Recommend on a page in the browser: just serve best:results/demo:validation.rmse
serve *args:
    @{{ hourglass }} serve "$@"

# Rank the settings of experiments or trials, and test which differ from the best: just compare demo other
compare *args:
    @{{ records }} compare "$@"

# Tell whether results are what experiments claim: just check experiments/seeds
check *args:
    @{{ records }} check "$@"

# List runs, all or those of a filter: just list "input.fill = zero and test.rmse < 0.9"
list *args:
    @{{ records }} list "$@"

# Print an experiment with every default filled in
explain file *args:
    @{{ records }} explain "$@"

# Look at ratings, fetch, convert or fingerprint them: just data inspect datasets/ml-1m
data *args:
    @{{ records }} data "$@"

# Say what a reviewer would question in an experiment: just doctor experiments/demo.toml
doctor file *args:
    @{{ hourglass }} doctor "$@"

# Watch a sweep while it runs, from another terminal: just watch experiments/demo.toml
watch *args:
    @{{ records }} watch "$@"

# Write runs for TensorBoard, MLflow, DVC or as Parquet: just export tensorboard demo --to exported
export *args:
    @{{ records }} export "$@"

# Measure reading, splitting and reloading of ratings; see benches/README.md
bench-data *args:
    cargo run --quiet --example load_ratings -- "$@"

# Train AutoRec beside plain PyTorch (a Python that has it), all workloads or those named; see benches/README.md
bench python="python3" *names:
    cargo build --quiet --example autorec
    shift; "{{ python }}" benches/run.py target/debug/examples/autorec "$@"

# Ask a server a thousand times a second, a run or one that is trained for it; see benches/README.md
bench-serve *args:
    cargo build --quiet
    cargo build --quiet --example load
    python3 benches/serve.py target/debug/hourglass target/debug/examples/load "$@"

# Compare a GPU with the CPU, and time it, with a built program and a Python that has PyTorch; needs no cargo
gpu-check *args:
    python3 benches/gpu_check.py "$@"

# Run the demonstration sweep on the embedded data
demo: (run "experiments/demo.toml")

# Make the matrix that the experiments of seed 001 read, of the list of ratings in datasets/
seed-data:
    @{{ records }} data convert experiments/seeds/001-means.toml \
        --to datasets/amazon-musical-instruments-5core/full_matrix.csv.gz --rows items

# Train everything that the seed documents did, an experiment on each processor, and tell what came out: an hour and a half on two
seeds *args="--threads 1": seed-data
    #!/usr/bin/env bash
    set -euo pipefail
    # The longest are the last by name. Their lines would overwrite each other in a terminal.
    ls --reverse experiments/seeds/*.toml | xargs --max-procs {{ num_cpus() }} -I FILE {{ hourglass }} run FILE {{ args }} 2>&1 | cat
    {{ records }} check experiments/seeds

# Train what takes seconds, into a folder of its own, and check its claims; what needs data that is not in datasets/ is left out
verify-quick:
    #!/usr/bin/env bash
    set -euo pipefail
    results=$(mktemp -d)
    trap 'rm -r "$results"' EXIT
    there=()
    for file in experiments/seeds/{000-collapse,000-corrected,001-toy,002-deep-belief}.toml; do
        absent=
        for path in $(grep -o '"datasets/[^"]*' "$file"); do [[ -e ${path:1} ]] || absent+=" ${path:1}"; done
        if [[ $absent ]]; then
            echo "left out: $file, because there is no$absent"
        else
            {{ hourglass }} run "$file" --threads 1 --results "$results"
            there+=("$file")
        fi
    done
    {{ records }} check "${there[@]}" --results "$results"

# Test everything, or what the arguments to `cargo test` select
test *args="--workspace":
    cargo test "$@"

# Kill a sweep at two hundred random moments, and go on until it is done: nothing may be lost, doubled or different
kill-test:
    cargo test --workspace --test it -- --ignored --nocapture two_hundred_kills

# Check formatting and lints
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Check licences, sources and known vulnerabilities of third-party crates (needs cargo-deny)
deny:
    cargo deny check

# Build and open the documentation of the crates
docs:
    cargo doc --workspace --no-deps --open

# Everything that CI checks
ci: lint
    ./bootstrap.sh test
    @if command -v cargo-deny >/dev/null; then cargo deny check; \
     else echo "not checked: licences and advisories (cargo install cargo-deny)"; fi
