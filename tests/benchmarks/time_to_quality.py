"""
Seconds until the default AE beats the held-out error of others' default training.

    python tests/benchmarks/time_to_quality.py [repeats]

Digits, 8 components, one fold of five held out. The rival that is run here is
scikit-learn's ``MLPRegressor`` with a bottleneck, on standardised and on [0, 1] data;
``encdr`` takes part if it is installed. Evaluations are not counted.
"""

import statistics
import sys
import time
import warnings
from importlib.util import find_spec

import numpy as np
from _measure import machine
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from skorch.callbacks import Callback

from sklearn_ae import AE

#: The best share of held-out variance that another library's defaults reach here.
PUBLISHED = 0.705


def explained(x, reconstruction):
    """Share of the variance in the data's own units."""
    error = np.square(x - reconstruction).sum()
    return 1 - error / np.square(x - x.mean(0)).sum()


def mlp(scaler, hidden):
    def run(train, test, seed):
        x = scaler.fit_transform(train)
        network = MLPRegressor(hidden_layer_sizes=hidden, random_state=seed).fit(x, x)
        seconds = time.perf_counter()
        rebuilt = network.predict(scaler.transform(test))
        return explained(test, scaler.inverse_transform(rebuilt)), seconds

    return run


def encdr(train, test, seed):
    from encdr import ENCDR

    estimator = ENCDR(latent_dim=8, random_state=seed).fit(train)
    seconds = time.perf_counter()
    return explained(test, estimator.inverse_transform(estimator.transform(test))), (
        seconds
    )


class Watch(Callback):
    """Note when the share of variance explained passes a mark."""

    def __init__(self, scaling, test, mark):
        self.scaling, self.test, self.mark = scaling, test, mark
        self.evaluating, self.reached = 0.0, None

    def on_epoch_end(self, net, **_):
        import torch

        start = time.perf_counter()
        if self.reached is None:
            network = net.module_.network
            x = torch.from_numpy(self.scaling.apply(self.test, "float32"))
            with torch.inference_mode():
                rebuilt = network.decode(network.encode(x)).numpy()
            if explained(self.test, self.scaling.undo(rebuilt)) > self.mark:
                self.reached = start - self.evaluating
        self.evaluating += time.perf_counter() - start


def seconds_to_pass(train, test, mark, seed):
    from sklearn_ae.core.scaling import fit_scaling

    watch = Watch(fit_scaling(train, "auto"), test, mark)
    start = time.perf_counter()
    AE(8, callbacks=[watch], random_state=seed).fit(train)
    return (watch.reached or np.inf) - start


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    warnings.simplefilter("ignore")  # MLPRegressor: maximum iterations reached
    print(machine())
    X, y = load_digits(return_X_y=True)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    train, test = (X[i] for i in next(cv.split(X, y)))
    AE(8, max_epochs=1).fit(train)  # the first optimiser of a process is slow to make
    rivals = {
        "MLPRegressor (8,), standard": mlp(StandardScaler(), (8,)),
        "MLPRegressor (8,), minmax": mlp(MinMaxScaler(), (8,)),
        "MLPRegressor (256, 8, 256), standard": mlp(StandardScaler(), (256, 8, 256)),
        "MLPRegressor (256, 8, 256), minmax": mlp(MinMaxScaler(), (256, 8, 256)),
    }
    if find_spec("encdr"):
        rivals["encdr"] = encdr
    else:
        print("encdr is not installed: left out")
    for name, run in rivals.items():
        marks, theirs, ours = [], [], []
        for seed in range(repeats):
            start = time.perf_counter()
            mark, end = run(train, test, seed)
            marks.append(mark)
            theirs.append(end - start)
            ours.append(seconds_to_pass(train, test, mark, seed))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        print(
            f"{name:<38} explains {statistics.median(marks):.3f} after"
            f" {statistics.median(theirs):6.2f} s; AE after"
            f" {statistics.median(ours):5.2f} s: ratio {ratio:.2f}",
            flush=True,
        )
    seconds = seconds_to_pass(train, test, PUBLISHED, 0)
    print(f"{PUBLISHED}, the best published by others: AE after {seconds:.2f} s")


if __name__ == "__main__":
    main()
