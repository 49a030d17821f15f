"""U-AutoRec 500 in plain PyTorch, as a user would write it: `python autorec.py DATA.npz EPOCHS [THREADS]`.

DATA.npz comes from `cargo run --example autorec -- export FOLDER DATA.npz`: the same split and the same initial weights as
Hourglass has. Batches of 256 dense rows, masked squared error normalised by row, Adam with a learning rate of 1e-3.
"""

import statistics
import sys
import time

begun = time.perf_counter()

import numpy as np
import torch
from torch import nn

BATCH = 256


def dense(triples, shape):
    matrix = torch.zeros(shape)
    mask = torch.zeros(shape)
    row, column = triples[0].astype(np.int64), triples[1].astype(np.int64)
    matrix[row, column] = torch.from_numpy(triples[2])
    mask[row, column] = 1.0
    return matrix, mask


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


def main(path, epochs, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    data = np.load(path)
    shape = (int(data["train"][0].max()) + 1, data["encoder.weight"].shape[0])
    shape = (max(shape[0], int(data["validation"][0].max()) + 1), shape[1])
    ratings, mask = dense(data["train"], shape)
    held_out, asked = dense(data["validation"], shape)
    model = AutoRec(data)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    print(f"read: {time.perf_counter() - begun:.2f} s")
    training, evaluation = [], []
    for epoch in range(1, epochs + 1):
        since = time.perf_counter()
        total, rows = 0.0, 0
        for batch in torch.randperm(len(ratings)).split(BATCH):
            x, observed = ratings[batch], mask[batch]
            loss = loss_of(model(x), x, observed)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, rows = total + loss.item() * len(batch), rows + len(batch)
        training.append(time.perf_counter() - since)
        since = time.perf_counter()
        with torch.no_grad():
            squares = torch.zeros(2)
            for batch in torch.arange(len(ratings)).split(512):
                outputs = model(ratings[batch])
                squares[0] += ((outputs - ratings[batch]) ** 2 * mask[batch]).sum()
                squares[1] += ((outputs - held_out[batch]) ** 2 * asked[batch]).sum()
        rmse = (squares / torch.tensor([mask.sum(), asked.sum()])).sqrt().tolist()
        evaluation.append(time.perf_counter() - since)
        print(f"epoch {epoch}: loss {total / rows:.6f}, train rmse {rmse[0]:.6f}, validation rmse {rmse[1]:.6f}")
    print(f"epoch: {statistics.median(training):.4f} s training, {statistics.median(evaluation):.4f} s evaluation (medians)")
    print(f"whole process: {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else torch.get_num_threads())
