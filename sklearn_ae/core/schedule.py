"""In what portions and for how long to train, where the user leaves it open."""

#: A loss over fewer held-out rows says little; smaller tables give a fifth of theirs.
MIN_HELD_OUT = 10
#: What ``max_epochs="auto"`` stands for, within bounds on the number of steps.
N_EPOCHS = 100
MIN_STEPS, MAX_STEPS = 4000, 8000
#: What ``weight_decay="auto"`` stands for, by the columns there are for a row.
DECAY_PER_COLUMN, MIN_DECAY, MAX_DECAY = 15, 1e-4, 1


def count_held_out(n_rows: int, fraction: float) -> int:
    """Count the rows to hold out: none where it would be fewer than two."""
    n_held_out = max(round(n_rows * fraction), min(MIN_HELD_OUT, n_rows // 5))
    return n_held_out if 2 <= n_held_out < n_rows else 0


def auto_batch_size(n_rows: int) -> int:
    """Choose a batch size: small tables get enough steps, large ones fast epochs."""
    return 64 if n_rows < 20_000 else 256


def auto_max_epochs(n_rows: int, batch_size: int) -> int:
    """Choose a number of epochs: 100, within bounds on the steps; at least 20."""
    steps_per_epoch = -(-n_rows // batch_size)
    n_steps = min(max(N_EPOCHS * steps_per_epoch, MIN_STEPS), MAX_STEPS)
    return max(20, round(n_steps / steps_per_epoch))


def auto_patience(n_rows: int, batch_size: int) -> int:
    """Choose after how many epochs without an improvement to step in."""
    return max(2, auto_max_epochs(n_rows, batch_size) // 10)


def auto_weight_decay(n_rows: float, n_columns: int) -> float:
    """Choose a weight decay: the more, the fewer rows there are for the columns."""
    decay = DECAY_PER_COLUMN * n_columns / n_rows
    return min(max(decay, MIN_DECAY), MAX_DECAY)
