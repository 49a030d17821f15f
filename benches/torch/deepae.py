"""The deep autoencoder of `experiments/ml-1m-deep.toml` in plain PyTorch: `python deepae.py FOLDER EPOCHS DEVICE`.

As a user would write it who has a GPU large enough: the dense ratings and their mask lie on the device, batches of 256 rows are
taken by index, the loss is read after each step, and RMSE on training and held-out ratings is measured after each epoch. The split
is random (81 % to learn from, 9 % held out), not that of Hourglass: what is compared is the time.
"""

import statistics
import sys
import time

import torch
from torch import nn

BATCH = 256


def ratings(folder):
    """Users, items and ratings of MovieLens-1M, users and items counted from 0 without gaps."""
    for name in ["ratings.dat", "ratings-no-timestamp.dat"]:
        try:
            with open(f"{folder}/{name}", encoding="latin-1") as lines:
                rows = [line.split("::")[:3] for line in lines]
        except FileNotFoundError:
            continue
        users, items = (torch.tensor([int(row[place]) for row in rows]).unique(return_inverse=True)[1] for place in (0, 1))
        return users, items, torch.tensor([float(row[2]) for row in rows])
    raise SystemExit(f"{folder}: no ratings.dat; see datasets/README.md")


def dense(users, items, values, shape, device):
    matrix, mask = torch.zeros(shape), torch.zeros(shape)
    matrix[users, items], mask[users, items] = values, 1.0
    return matrix.to(device), mask.to(device)


def network(columns):
    return nn.Sequential(
        nn.Linear(columns, 256), nn.SELU(),
        nn.Linear(256, 512), nn.SELU(), nn.Dropout(0.8),
        nn.Linear(512, 256), nn.SELU(),
        nn.Linear(256, columns), nn.SELU(),
    )


def squared_error(outputs, x, mask):
    return ((outputs - x) ** 2 * mask).sum(1)


def main(folder, epochs, device):
    torch.manual_seed(1)
    users, items, values = ratings(folder)
    shape = (int(users.max()) + 1, int(items.max()) + 1)
    part = torch.rand(len(values))
    learned, held_out = part < 0.81, (part >= 0.81) & (part < 0.9)
    x, mask = dense(users[learned], items[learned], values[learned], shape, device)
    asked, asked_mask = dense(users[held_out], items[held_out], values[held_out], shape, device)
    model = network(shape[1]).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, eps=1e-7)
    kernels = [parameter for parameter in model.parameters() if parameter.dim() == 2]
    training, whole = [], []
    for _ in range(epochs):
        since = time.perf_counter()
        total = 0.0
        model.train()
        for batch in torch.randperm(shape[0], device=device).split(BATCH):
            rows, observed = x[batch], mask[batch]
            of_rows = squared_error(model(rows), rows, observed) / observed.sum(1).clamp(min=1)
            loss = of_rows.mean() + 0.001 * sum((kernel**2).sum() for kernel in kernels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        training.append(time.perf_counter() - since)
        model.eval()
        squares = torch.zeros(2, device=device)
        with torch.no_grad():
            for batch in torch.arange(shape[0], device=device).split(512):
                outputs = model(x[batch])
                squares[0] += squared_error(outputs, x[batch], mask[batch]).sum()
                squares[1] += squared_error(outputs, asked[batch], asked_mask[batch]).sum()
        rmse = (squares / torch.stack([mask.sum(), asked_mask.sum()])).sqrt().tolist()
        whole.append(time.perf_counter() - since)
    print(f"loss {total / shape[0]:.4f}, train rmse {rmse[0]:.4f}, held-out rmse {rmse[1]:.4f}")
    print(f"{statistics.median(training):.5f} {statistics.median(whole):.5f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
