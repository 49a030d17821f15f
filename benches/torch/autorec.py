"""U-AutoRec in plain PyTorch, as a user would write it: `python autorec.py DATA.npz BATCH EPOCHS`.

DATA.npz comes from `autorec export` (crates/train/examples): the same split and the same initial weights as Hourglass has.
Dense rows made of a sparse matrix batch by batch where the matrix is too large to be kept dense, masked squared error normalised
by row, Adam with a learning rate of 1e-3, rows in the order of the data.
"""

import json
import resource
import sys
import time

begun = time.perf_counter()

import numpy as np
import torch
from torch import nn

DENSE = 1 << 28  # cells that are kept dense


class Ratings:
    """Rows of a matrix with a mask of what is observed."""

    def __init__(self, triples, shape):
        row, column = torch.from_numpy(triples[:2].astype(np.int64))
        self.shape = shape
        self.matrix = torch.sparse_coo_tensor(torch.stack([row, column]), torch.from_numpy(triples[2]), shape).coalesce()
        self.dense = self.matrix.to_dense() if shape[0] * shape[1] <= DENSE else None
        self.starts = torch.searchsorted(self.matrix.indices()[0].contiguous(), torch.arange(shape[0] + 1))

    def rows(self, first, last):
        if self.dense is not None:
            x = self.dense[first:last]
        else:
            entries = slice(int(self.starts[first]), int(self.starts[last]))
            (row, column), values = self.matrix.indices()[:, entries], self.matrix.values()[entries]
            x = torch.zeros(last - first, self.shape[1])
            x[row - first, column] = values
        return x, (x != 0).float()


class AutoRec(nn.Module):
    def __init__(self, data):
        super().__init__()
        columns, hidden = data["encoder.weight"].shape
        self.encoder, self.decoder = nn.Linear(columns, hidden), nn.Linear(hidden, columns)
        with torch.no_grad():
            self.encoder.weight.copy_(torch.from_numpy(data["encoder.weight"].T))
            self.encoder.bias.copy_(torch.from_numpy(data["encoder.bias"]))
            self.decoder.weight.copy_(torch.from_numpy(data["decoder.weight"]))
            self.decoder.bias.copy_(torch.from_numpy(data["decoder.bias"]))

    def forward(self, x):
        return self.decoder(torch.sigmoid(self.encoder(x)))


def loss_of(outputs, x, mask):
    of_rows = ((outputs - x) ** 2 * mask).sum(1) / mask.sum(1).clamp(min=1)
    return of_rows.sum() / (mask.sum(1) > 0).sum()


def main(path, batch, epochs):
    data = np.load(path)
    shape = tuple(int(size) for size in data["shape"])
    ratings, held_out = Ratings(data["train"], shape), Ratings(data["validation"], shape)
    batches = [(first, min(first + batch, shape[0])) for first in range(0, shape[0], batch)]
    model = AutoRec(data)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    read = time.perf_counter() - begun
    training, evaluation, losses = [], [], []
    for _ in range(epochs):
        since = time.perf_counter()
        total, rows = 0.0, 0
        for first, last in batches:
            x, mask = ratings.rows(first, last)
            loss = loss_of(model(x), x, mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rated = int((mask.sum(1) > 0).sum())
            total, rows = total + loss.item() * rated, rows + rated
        training.append(time.perf_counter() - since)
        losses.append(total / rows)
        since = time.perf_counter()
        with torch.no_grad():
            squares, counts = torch.zeros(2), torch.zeros(2)
            for first, last in batches:
                x, mask = ratings.rows(first, last)
                outputs = model(x)
                for part, (target, asked) in enumerate([(x, mask), held_out.rows(first, last)]):
                    squares[part] += ((outputs - target) ** 2 * asked).sum()
                    counts[part] += asked.sum()
            (squares / counts).sqrt().tolist()
        evaluation.append(time.perf_counter() - since)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    process = time.perf_counter() - begun
    measured = {"read": read, "training": training, "evaluation": evaluation, "process": process, "losses": losses}
    print(json.dumps(measured | {"peak": peak}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
