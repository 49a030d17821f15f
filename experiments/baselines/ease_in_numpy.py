"""EASE (l2 = 500) on MovieLens-1M, split and measured by the procedure of Liang et al. 2018, with NumPy alone.

    python3 ease_in_numpy.py datasets/ml-1m/ratings.dat

Prints seed, users and items learned from, users measured, and NDCG@100.
"""

import sys

import numpy as np

SEEDS = (98765, *range(1, 12))
HELD_OUT = 500
L2 = 500
K = 100


def liked(path: str) -> np.ndarray:
    """Pairs of a user and an item that is rated above 3.5, of users with five of them or more."""
    lines = (line.split("::") for line in open(path, encoding="latin-1"))
    pairs = np.array([(int(user), int(item)) for user, item, rating, *_ in lines if float(rating) > 3.5])
    users, counts = np.unique(pairs[:, 0], return_counts=True)
    return pairs[np.isin(pairs[:, 0], users[counts >= 5])]


def fold_in(pairs: np.ndarray, users: np.ndarray, items: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each user the places of the items that are shown and of a fifth that is asked for."""
    pairs = pairs[np.isin(pairs[:, 0], users) & np.isin(pairs[:, 1], items)]
    both = []
    for user in np.unique(pairs[:, 0]):
        places = np.searchsorted(items, pairs[pairs[:, 0] == user, 1])
        asked = np.zeros(len(places), bool)
        if len(places) >= 5:
            asked[np.random.choice(len(places), size=int(0.2 * len(places)), replace=False)] = True
        both.append((places[~asked], places[asked]))
    return both


def ease(pairs: np.ndarray, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Weights between items, none from an item to itself."""
    seen = np.zeros((len(users), len(items)), np.float32)
    order = np.argsort(users)
    rows = order[np.searchsorted(users, pairs[:, 0], sorter=order)]
    seen[rows, np.searchsorted(items, pairs[:, 1])] = 1
    inverse = np.linalg.inv((seen.T @ seen).astype(float) + L2 * np.eye(len(items)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def ndcg(weights: np.ndarray, shown: np.ndarray, asked: np.ndarray) -> float:
    scores = weights[shown].sum(0)
    scores[shown] = -np.inf
    gain = 1 / np.log2(np.arange(2, K + 2))
    hits = np.isin(np.argsort(-scores)[:K], asked)
    return gain[hits].sum() / gain[: min(len(asked), K)].sum()


pairs = liked(sys.argv[1])
for seed in SEEDS:
    np.random.seed(seed)
    users = np.random.permutation(np.unique(pairs[:, 0]))
    known, validation, test = np.split(users, [-2 * HELD_OUT, -HELD_OUT])
    train = pairs[np.isin(pairs[:, 0], known)]
    items = np.unique(train[:, 1])
    fold_in(pairs, validation, items)
    weights = ease(train, known, items)
    values = [ndcg(weights, shown, asked) for shown, asked in fold_in(pairs, test, items) if len(asked)]
    print(seed, len(known), len(items), len(values), f"{np.mean(values):.4f}", flush=True)
