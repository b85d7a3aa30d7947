"""Scorecards: no activity no score, small samples lean on the average as a beta posterior mean does."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from apps.procurement.scorecard import PRIOR, Activity, average_of, score


def test_no_activity_gives_no_score() -> None:
    found = score(Activity(), average=(D(1), D(0)))
    assert (found.otif, found.ppm, found.points, found.small, found.lines) == (None, None, None, False, 0)


def posterior_mean(a: float, b: float, steps: int = 200_000) -> float:
    """The mean of a beta density by plain integration, which knows nothing of the closed form."""
    points = [(place + 0.5) / steps for place in range(steps)]
    weights = [one ** (a - 1) * (1 - one) ** (b - 1) for one in points]
    return sum(one * weight for one, weight in zip(points, weights, strict=True)) / sum(weights)


@pytest.mark.parametrize(("hits", "lines"), [(0, 1), (1, 1), (3, 4), (90, 100)])
def test_shrinking_is_the_mean_of_the_beta_posterior(hits: int, lines: int) -> None:
    average = D("0.8")
    found = score(Activity(lines_due=lines, lines_otif=hits), average=(average, D(0)))
    prior_hits = float(PRIOR * average)
    expected = posterior_mean(prior_hits + hits, PRIOR - prior_hits + lines - hits)
    assert float(found.otif_shrunk) == pytest.approx(expected, rel=1e-6)
    assert found.small is (lines < 10)


def test_one_lucky_delivery_does_not_lead_the_ranking() -> None:
    steady = Activity(lines_due=200, lines_otif=190)
    lucky = Activity(lines_due=1, lines_otif=1)
    average = average_of([steady, lucky])
    assert score(lucky, average=average).points < 100
    assert abs(score(lucky, average=average).points - score(steady, average=average).points) < 1


def test_ppm_and_price_variance() -> None:
    found = score(
        Activity(
            receipt_lines=20,
            received=D(10_000),
            rejected=D(25),
            invoiced_at_order_price=D(1000),
            invoiced=D(1015),
            response_days=[1, 2, 9],
        ),
        average=(D(1), D(0)),
    )
    assert (found.ppm, found.price_variance, found.response_days) == (D(2500), D("0.015"), D(2))
    assert found.otif is None
