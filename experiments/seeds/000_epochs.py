"""The loop of "Auto Encoders" in PyTorch, for the claims of 000.toml about epochs.

It prints an epoch's mean over users of each one's RMSE while the weights change, as the notebook does, and the same after the epoch,
which is what `train.user-rmse` is: python 000_epochs.py datasets 29
"""

import csv
import gzip
import sys

import torch
from torch import nn


def matrix(path):
    """The training ratings `[users, movies]`, half stars cut off, 0 where there is none."""
    with open(f"{path}/ml-latest-small/movies.csv", encoding="utf-8") as file:
        place = {row["movieId"]: index for index, row in enumerate(csv.DictReader(file))}
    with gzip.open(f"{path}/splits/seed-000.test.txt.gz", "rt") as file:
        held_out = {int(line) for line in file}
    with open(f"{path}/ml-latest-small/ratings.csv", encoding="utf-8") as file:
        rows = [row for index, row in enumerate(csv.DictReader(file)) if index not in held_out]
    ratings = torch.zeros(610, len(place))
    for row in rows:
        ratings[int(row["userId"]) - 1, place[row["movieId"]]] = int(float(row["rating"]))
    return ratings


class SAE(nn.Module):
    def __init__(self, movies):
        super().__init__()
        widths = [movies, 20, 10, 20, movies]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.sigmoid(layer(x))
        return self.layers[-1](x)


def user_rmse(output, target):
    rated = target != 0
    return ((output - target)[rated] ** 2).mean().sqrt().item()


def main(path, epochs):
    torch.manual_seed(0)
    ratings = [row for row in matrix(path) if (row > 0).any()]
    model = SAE(len(ratings[0]))
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01, weight_decay=0.5)
    for epoch in range(1, epochs + 1):
        printed = 0.0
        for row in ratings:
            output = model(row.unsqueeze(0)).squeeze(0)
            printed += user_rmse(output.detach(), row)
            nn.functional.mse_loss(output * (row != 0), row).backward()
            optimizer.step()  # without zero_grad
        with torch.no_grad():
            after = [user_rmse(output, row) for output, row in zip(model(torch.stack(ratings)), ratings)]
        print(f"{epoch}: printed {printed / len(ratings):.4f}, after it {sum(after) / len(after):.4f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
