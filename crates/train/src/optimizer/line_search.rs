//! How far to go along a line: a line search for the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6),
//! with the interpolations and the limits of `torch.optim.LBFGS`.

use hourglass_models::Parameter;
use tch::Tensor;

use super::lbfgs::{add, dot};
use super::{Evaluate, Evaluated};
use crate::Error;

/// The loss must fall by this share of what the slope promises.
const FALL: f64 = 1e-4;
/// The slope must be flatter than this share of the first.
const FLATTER: f64 = 0.9;

/// The loss of some weights, and its gradient over all of them `[weights]`.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) loss: f64,
    pub(super) gradient: Tensor,
}

impl From<Evaluated> for Point {
    fn from(evaluated: Evaluated) -> Self {
        let flat: Vec<Tensor> = evaluated.gradients.iter().map(|gradient| gradient.reshape(-1)).collect();
        Self { loss: evaluated.loss, gradient: Tensor::cat(&flat, 0) }
    }
}

/// The weights that are reached from where they are, by going in one direction.
pub(super) struct Line {
    /// Shared with the model.
    weights: Vec<Tensor>,
    from: Vec<Tensor>,
    pub(super) direction: Tensor,
    /// How far to go at first.
    pub(super) length: f64,
    /// The change of the loss by going, where the line begins.
    pub(super) slope: f64,
}

impl Line {
    pub(super) fn new(parameters: &[Parameter], direction: Tensor, length: f64, gradient: &Tensor) -> Self {
        let weights: Vec<Tensor> = parameters.iter().map(|parameter| parameter.tensor.detach()).collect();
        let from = weights.iter().map(Tensor::copy).collect();
        let slope = dot(gradient, &direction);
        Self { weights, from, direction, length, slope }
    }

    /// Puts the weights at this distance from where the line begins.
    pub(super) fn go(&self, length: f64) {
        let mut start = 0;
        for (weights, from) in self.weights.iter().zip(&self.from) {
            let count = from.numel() as i64;
            let direction = self.direction.narrow(0, start, count).view_as(from);
            let mut weights = weights.shallow_clone();
            weights.copy_(from);
            add(&mut weights, &direction, length);
            start += count;
        }
    }
}

/// Where a search has ended.
pub(super) struct Found {
    pub(super) length: f64,
    pub(super) point: Point,
    pub(super) evaluations: usize,
}

/// What is known at some length of a line.
struct Place {
    length: f64,
    slope: f64,
    loss: f64,
    gradient: Tensor,
}

impl Place {
    fn copy(&self) -> Self {
        Self { gradient: self.gradient.shallow_clone(), ..*self }
    }
}

/// A search that is going on.
struct Search<'a> {
    line: &'a Line,
    /// The loss where the line begins.
    loss: f64,
    evaluations: usize,
    /// After the first.
    most_tries: usize,
    again: Evaluate<'a>,
}

/// Looks for a length at which the loss has fallen enough and is flat enough, and gives the best it saw if there is none in so
/// many tries. Leaves the weights anywhere on the line.
pub(super) fn strong_wolfe(
    line: &Line,
    start: Point,
    tolerance: f64,
    most_tries: usize,
    again: Evaluate<'_>,
) -> Result<Found, Error> {
    let mut search = Search { line, loss: start.loss, evaluations: 0, most_tries, again };
    let start = Place { length: 0.0, slope: line.slope, loss: start.loss, gradient: start.gradient };
    let place = match search.bracket(start)? {
        Bracket::Found(place) => place,
        Bracket::Between(ends) => search.zoom(ends, tolerance)?,
    };
    let point = Point { loss: place.loss, gradient: place.gradient };
    Ok(Found { length: place.length, point, evaluations: search.evaluations })
}

enum Bracket {
    Found(Place),
    Between([Place; 2]),
}

impl Search<'_> {
    /// Goes farther and farther until the place that is looked for has been passed, or met.
    fn bracket(&mut self, start: Place) -> Result<Bracket, Error> {
        let mut before = start.copy();
        let mut now = self.evaluate(self.line.length)?;
        while self.tries() < self.most_tries {
            if !self.has_fallen(&now) || (self.tries() > 1 && now.loss >= before.loss) {
                return Ok(Bracket::Between([before, now]));
            }
            if self.is_flat(&now) {
                return Ok(Bracket::Found(now));
            }
            if now.slope >= 0.0 {
                return Ok(Bracket::Between([before, now]));
            }
            let shortest = now.length + 0.01 * (now.length - before.length);
            let length = lowest_of_cubic(&before, &now, [shortest, now.length * 10.0]);
            before = now;
            now = self.evaluate(length)?;
        }
        Ok(Bracket::Between([start, now]))
    }

    /// Makes the interval between two places smaller until the place that is looked for is met.
    fn zoom(&mut self, mut ends: [Place; 2], tolerance: f64) -> Result<Place, Error> {
        let order = |ends: &[Place; 2]| if ends[0].loss <= ends[1].loss { (0, 1) } else { (1, 0) };
        let (mut low, mut high) = order(&ends);
        let largest = self.line.direction.abs().max().double_value(&[]);
        let mut was_near_an_end = false;
        while self.tries() < self.most_tries && (ends[1].length - ends[0].length).abs() * largest >= tolerance {
            let bounds = sorted([ends[0].length, ends[1].length]);
            let lowest = lowest_of_cubic(&ends[0], &ends[1], bounds);
            let (length, is_near_an_end) = kept_inside(lowest, bounds, was_near_an_end);
            was_near_an_end = is_near_an_end;
            let now = self.evaluate(length)?;
            if !self.has_fallen(&now) || now.loss >= ends[low].loss {
                ends[high] = now;
                (low, high) = order(&ends);
                continue;
            }
            let is_flat = self.is_flat(&now);
            if !is_flat && now.slope * (ends[high].length - ends[low].length) >= 0.0 {
                ends[high] = ends[low].copy();
            }
            ends[low] = now;
            if is_flat {
                break;
            }
        }
        let [first, second] = ends;
        Ok(if low == 0 { first } else { second })
    }

    fn evaluate(&mut self, length: f64) -> Result<Place, Error> {
        self.line.go(length);
        let Point { loss, gradient } = (self.again)()?.into();
        self.evaluations += 1;
        Ok(Place { length, slope: dot(&gradient, &self.line.direction), loss, gradient })
    }

    fn tries(&self) -> usize {
        self.evaluations - 1
    }

    fn has_fallen(&self, place: &Place) -> bool {
        place.loss <= self.loss + FALL * place.length * self.line.slope
    }

    fn is_flat(&self, place: &Place) -> bool {
        place.slope.abs() <= -FLATTER * self.line.slope
    }
}

fn sorted([left, right]: [f64; 2]) -> [f64; 2] {
    [left.min(right), left.max(right)]
}

/// A length that is too near an end of the interval twice in turn, or beyond it, is moved inside by a tenth; and whether it was
/// let near an end.
fn kept_inside(length: f64, [shortest, longest]: [f64; 2], was_near_an_end: bool) -> (f64, bool) {
    let tenth = 0.1 * (longest - shortest);
    if (longest - length).min(length - shortest) >= tenth {
        return (length, false);
    }
    if !was_near_an_end && length < longest && length > shortest {
        return (length, true);
    }
    let nearer_the_longest = (length - longest).abs() < (length - shortest).abs();
    (if nearer_the_longest { longest - tenth } else { shortest + tenth }, false)
}

/// The lowest point of the cubic through two places with their slopes, within bounds; their middle, if there is none.
fn lowest_of_cubic(one: &Place, other: &Place, [shortest, longest]: [f64; 2]) -> f64 {
    let (left, right) = if one.length <= other.length { (one, other) } else { (other, one) };
    let chord = left.slope + right.slope - 3.0 * (left.loss - right.loss) / (left.length - right.length);
    let square = chord * chord - left.slope * right.slope;
    if square.is_nan() || square < 0.0 {
        return f64::midpoint(shortest, longest);
    }
    let root = square.sqrt();
    let share = (right.slope + root - chord) / (right.slope - left.slope + 2.0 * root);
    (right.length - (right.length - left.length) * share).max(shortest).min(longest)
}
