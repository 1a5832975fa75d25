"""
Series, step by step
====================

Waves of three forms, of any pitch and phase. A recurrent autoencoder reads them step by
step, ends in a code of a few numbers, and writes them down again from there. Half of
the series end early; what is missing is NaN.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

from sklearn_ae import RecurrentAE
from sklearn_ae.display import ReconstructionDisplay

# %%
# 600 series of 30 steps or, every second one, of 20.

random = np.random.RandomState(0)
form = random.randint(3, size=600)
pitch, phase = random.uniform([[[0.04]], [[0]]], [[[0.08]], [[1]]], (2, 600, 1))
turn = (pitch * np.arange(30) + phase) % 1
forms = [np.sin(2 * np.pi * turn), np.sign(turn - 0.5), 2 * turn - 1]
series = np.choose(form[:, None], forms) + 0.1 * random.normal(size=(600, 30))
series[::2, 20:] = np.nan
train, test, pitch, test_pitch = train_test_split(series, pitch[:, 0], random_state=0)

# %%
# The code is short; the linear path beside the network would not know of steps.

ae = RecurrentAE(6, skip=None, lr=5e-3, max_epochs=60, random_state=0).fit(train)
print(f"{ae.score(test):.3f} of the variance of series not seen is explained")

# %%
# Series that were not seen, and what comes back.

ReconstructionDisplay.from_estimator(ae, test, n_rows=8)
plt.show()

# %%
# The code knows how fast a wave is, whatever its form, phase and length: a linear
# regression reads the pitch off it.

regression = LinearRegression().fit(ae.transform(train), pitch)
figure, ax = plt.subplots(layout="constrained", figsize=(5, 4))
ax.scatter(test_pitch, regression.predict(ae.transform(test)), s=8)
ax.axline((0.06, 0.06), slope=1, color="0.7", zorder=0)
ax.set(xlabel="Pitch of the wave, turns a step", ylabel="Read off the code")
plt.show()
