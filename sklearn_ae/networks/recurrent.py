"""Recurrent networks."""

from numbers import Integral

import torch
from torch import Tensor, nn

from ..core.cudnn import without_cudnn
from ..core.params import Interval, StrOptions, estimator, param
from .series import Series, input_series, output_series
from .shaped import Shaped


class LSTM(nn.LSTM):
    """Long short-term memory; its state is a pair of tensors."""

    n_states = 2


class GRU(nn.GRU):
    """Gated recurrent units; their state is one tensor, in a tuple."""

    n_states = 1

    def forward(
        self, steps: Tensor, state: tuple[Tensor | None] = (None,)
    ) -> tuple[Tensor, tuple[Tensor]]:
        """Take steps, (n_timesteps, n_rows, n_features), from a state."""
        hidden, last = super().forward(steps, *state)
        return hidden, (last,)


CELLS = {"lstm": LSTM, "gru": GRU}


class Encoder(nn.Module):
    """
    Read series step by step; their codes are linear in the state after the last step.

    Steps of which nothing is observed are skipped, and single values replaced by 0.

    Parameters
    ----------
    series : Series
        Layout of the rows.
    cells : sequence of LSTM or GRU
        Units that read forwards and, if there are more, units that read backwards.
    n_encoded : int
        Width of what the encoder gives.
    """

    def __init__(self, series: Series, cells, n_encoded: int):
        super().__init__()
        self.series, self.cells = series, nn.ModuleList(cells)
        n_hidden = sum(cell.hidden_size for cell in cells)
        self.code = nn.Linear(n_hidden, n_encoded)

    def forward(self, rows: Tensor) -> Tensor:
        """Map rows to codes."""
        steps = self.series.from_rows(rows)
        both = steps, steps.flip(0)
        ends = [last_state(*pair) for pair in zip(self.cells, both, strict=False)]
        return self.code(torch.cat(ends, 1))

    def behind_end(self, rows: Tensor) -> Tensor:
        """Find the values behind the last step of which anything is observed."""
        steps = ~self.series.from_rows(rows).isnan().all(2, keepdim=True)
        left = steps.flip(0).cumsum(0).flip(0)
        return self.series.to_rows((left == 0).expand(-1, -1, self.series.n_features))


def last_state(cell: LSTM | GRU, steps: Tensor) -> Tensor:
    """Read steps and give the state after the last one that is observed."""
    missing = steps.isnan().all(2)
    with without_cudnn(steps.device):
        if not missing.any():
            return cell(steps.nan_to_num(0))[0][-1]
        observed_first = missing.to(torch.uint8).argsort(stable=True, dim=0)
        steps = steps.take_along_dim(observed_first[..., None], 0)
        hidden, _ = cell(steps.nan_to_num(0))
    last = (~missing).sum(0).clamp_min(1) - 1
    return hidden.take_along_dim(last[None, :, None], 0)[0]


class Decoder(nn.Module):
    """
    Write series step by step, from a state that is linear in the code.

    Parameters
    ----------
    series : Series
        Layout of the rows.
    cell : LSTM or GRU
        Its input is the code and, if it is that much wider, the step written before.
    n_components : int
        Width of the code.
    reverse : bool
        Whether the last step is written first.
    """

    def __init__(self, series: Series, cell, n_components: int, reverse: bool):
        super().__init__()
        self.series, self.cell, self.reverse = series, cell, reverse
        self.start = nn.Linear(n_components, cell.n_states * cell.hidden_size)
        self.step = nn.Linear(cell.hidden_size, series.n_features)
        self.feedback = cell.input_size > n_components

    def forward(self, codes: Tensor) -> Tensor:
        """Map codes to rows."""
        state = self.start(codes)[None].chunk(self.cell.n_states, 2)
        write = self.one_by_one if self.feedback else self.all_at_once
        with without_cudnn(codes.device):
            hidden = write(codes[None], tuple(part.contiguous() for part in state))
        steps = self.step(hidden)
        return self.series.to_rows(steps.flip(0) if self.reverse else steps)

    def all_at_once(self, codes: Tensor, state: tuple[Tensor, ...]) -> Tensor:
        """Give the states behind all steps."""
        return self.cell(codes.expand(self.series.n_timesteps, -1, -1), state)[0]

    def one_by_one(self, codes: Tensor, state: tuple[Tensor, ...]) -> Tensor:
        """Give them likewise, each step seen by the next."""
        states = []
        for _ in range(self.series.n_timesteps):
            before = self.step(state[0])
            _, state = self.cell(torch.cat([codes, before], 2), state)
            states.append(state[0])
        return torch.cat(states)


class RecurrentNet(nn.Module):
    """
    An encoder of series, and a decoder of series that need not be the same.

    Parameters
    ----------
    encoder : Encoder
        From rows to codes.
    decoder : Decoder
        From codes to rows.
    """

    def __init__(self, encoder: Encoder, decoder: Decoder):
        super().__init__()
        self.encode, self.decode = encoder, decoder


@estimator
class Recurrent(Shaped):
    """
    Specify a recurrent encoder of series and a recurrent decoder.

    The encoder reads a series step by step, and its last state leads to the code by a
    linear map; the decoder starts from a state that is linear in the code, sees the
    code at each step and, as in [1]_, writes the last step first.

    Data are tables of series, (n_samples, n_timesteps), tables of flattened series of
    several features, (n_samples, n_timesteps * n_features) in C order, of which
    `n_timesteps` has to be given, or arrays of shape (n_samples, n_timesteps,
    n_features). With ``fit(X, target=...)`` the decoder writes other series, of any
    length: those that follow, for instance, which makes it the predictor of [1]_.

    See Also
    --------
    sklearn_ae.RecurrentAE : The plain autoencoder with this network.
    sklearn_ae.DenoisingAE : Takes it as ``network``.

    References
    ----------
    .. [1] N. Srivastava, E. Mansimov and R. Salakhutdinov, "Unsupervised learning of
       video representations using LSTMs", International Conference on Machine
       Learning, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ae import DenoisingAE
    >>> from sklearn_ae.networks import Recurrent
    >>> phases = np.random.RandomState(0).uniform(0, 6, size=(100, 1, 1))
    >>> series = np.sin(np.arange(20)[:, None] + phases + [0, 1, 2])
    >>> series.shape
    (100, 20, 3)
    >>> ae = DenoisingAE(2, network=Recurrent(cell="gru"), max_epochs=2)
    >>> ae.fit_transform(series).shape
    (100, 2)
    >>> ae.reconstruct(series).shape
    (100, 20, 3)
    """

    #: Missing cells are the network's own affair.
    missing = "keep"

    n_timesteps: int | None = param(
        Interval(Integral, 2, None, closed="left"),
        None,
        default=None,
        doc="""\
        int or None
        Number of steps of the series that the rows of a table are. None takes the
        columns for the steps of series of one feature.""",
        kw_only=False,
    )
    cell: str = param(
        StrOptions(set(CELLS)),
        default="lstm",
        doc="""\
        {"lstm", "gru"}
        Kind of the recurrent units.""",
    )
    hidden_size: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=64,
        doc="""\
        int
        Number of recurrent units, of each direction in the encoder.""",
    )
    bidirectional: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether half of the encoder's units read from the last step to the first.""",
    )
    output_order: str = param(
        StrOptions({"reverse", "forward"}),
        default="reverse",
        doc="""\
        {"reverse", "forward"}
        Whether the decoder writes the last step first, which lies nearest to the code
        [1]_, or the first; the latter suits a target of steps that follow.""",
    )
    feedback: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether the decoder sees the step that it wrote before, the conditional decoder
        of [1]_.""",
    )

    def build(
        self,
        n_features: int | tuple[int, ...],
        n_components: int,
        n_encoded: int | None = None,
        n_outputs: int | tuple[int, ...] | None = None,
    ) -> nn.Module:
        """
        Make the torch module.

        Parameters
        ----------
        n_features : int or tuple of int
            Width of the data, or shape of a row.
        n_components : int
            Width of the code.
        n_encoded : int, default=None
            Width of what the encoder gives, the code first. None: `n_components`.
        n_outputs : int or tuple of int, default=None
            Width or shape of what the decoder gives. None: `n_features`.

        Returns
        -------
        torch.nn.Module
            With ``encode``, (n_rows, n_features) -> (n_rows, n_encoded), and
            ``decode``, (n_rows, n_components) -> (n_rows, n_outputs), of flat rows.

        Raises
        ------
        ValueError
            If a hyperparameter is out of range, rows are no series of `n_timesteps`
            steps, or of one step only.
        """
        series, outputs = self._layouts(n_features, n_outputs)
        make = CELLS[self.cell]
        size = int(self.hidden_size)  # torch knows no other numbers
        cells = [make(series.n_features, size) for _ in range(1 + self.bidirectional)]
        n_inputs = n_components + self.feedback * outputs.n_features
        return RecurrentNet(
            Encoder(series, cells, n_encoded or n_components),
            Decoder(
                outputs,
                make(n_inputs, size),
                n_components,
                self.output_order == "reverse",
            ),
        )

    def _layouts(self, n_features, n_outputs) -> tuple[Series, Series]:
        """Find the layout of the series that are read and of those that are written."""
        self._validate_params()
        series = input_series(n_features, self.n_timesteps)
        return series, output_series(n_outputs, series) if n_outputs else series
