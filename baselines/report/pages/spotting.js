"use strict";

// Spotting as the Python does it: peaks of a curve under a rule, movements that do not overlap, and their scores.
// An interval is {onset, apex, offset, kind, score}, frames from 1, both ends inclusive.

/** Round as Python does: halves to the even neighbour. */
function rounded(value) {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** Return [first, last] of each stretch of a list where a test holds. */
function stretches(values, holds) {
  const found = [];
  values.forEach((value, n) => {
    if (!holds(value)) return;
    if (found.length && found[found.length - 1][1] === n - 1) found[found.length - 1][1] = n;
    else found.push([n, n]);
  });
  return found;
}

/** Return the places of the peaks of a list that reach a height; of a plateau the middle. */
function peaksOf(values, height) {
  const x = [0, ...values, 0];
  const found = [];
  for (let i = 1; i < x.length - 1; i++) {
    if (!(x[i - 1] < x[i])) continue;
    let ahead = i + 1;
    while (ahead < x.length - 1 && x[ahead] === x[i]) ahead++;
    if (x[ahead] < x[i]) {
      const middle = Math.floor((i + ahead - 1) / 2);
      if (x[middle] >= height) found.push(middle - 1);
      i = ahead - 1;
    }
  }
  return found;
}

/** Of peaks closer than a distance the higher stays, of equal ones the later. */
function peaksApart(values, height, distance) {
  const peaks = peaksOf(values, height);
  const order = peaks.map((_, n) => n).sort((a, b) => values[peaks[a]] - values[peaks[b]] || a - b);
  const keep = peaks.map(() => true);
  for (const n of order.reverse()) {
    if (!keep[n]) continue;
    for (let m = n - 1; m >= 0 && peaks[n] - peaks[m] < distance; m--) keep[m] = false;
    for (let m = n + 1; m < peaks.length && peaks[m] - peaks[n] < distance; m++) keep[m] = false;
  }
  return peaks.filter((_, n) => keep[n]);
}

/** Return the threshold mean + p (max - mean) of a curve (Moilanen et al. 2014). */
function thresholdOf(curve, p) {
  return curve.mean + p * (curve.most - curve.mean);
}

/** Return micro or macro for so many frames. */
function kindOf(frames, fps, micro) {
  return frames <= micro * fps + 0.5 ? "micro" : "macro";
}

/** Return the intervals of a curve under its rule and a threshold. */
function intervalsOf(curve, threshold, fps, micro) {
  const found = [];
  for (const [start, end] of stretches(curve.values, (value) => value !== null)) {
    const values = curve.values.slice(start, end + 1);
    for (const [first, last] of spansOf(values, curve, threshold, fps)) {
      let apex = first;
      for (let n = first; n <= last; n++) if (values[n] > values[apex]) apex = n;
      const kind = curve.kind || kindOf(last - first + 1, fps, micro);
      const score = threshold > 0 ? values[apex] / threshold : 1;
      found.push({ onset: first + start + 1, apex: apex + start + 1, offset: last + start + 1, kind, score });
    }
  }
  return found;
}

function spansOf(values, rule, threshold, fps) {
  let spans = stretches(values, (value) => value > threshold);
  if (rule.k) {
    const k = Math.max(1, rounded(rule.k * fps));
    const peaks = peaksApart(values, threshold, Math.max(1, rounded(rule.apart * fps)));
    spans = peaks.map((peak) => [Math.max(peak - k, 0), Math.min(peak + k, values.length - 1)]);
  }
  const merged = [];
  for (const [first, last] of spans) {
    const before = merged[merged.length - 1];
    if (before && rule.merge && first - before[1] - 1 < rule.merge * fps) before[1] = last;
    else merged.push([first, last]);
  }
  const longest = rule.longest === null ? Infinity : rule.longest * fps;
  return merged.filter(([first, last]) => {
    const length = last - first + 1;
    return rule.shortest * fps - 0.5 <= length && length <= longest + 0.5;
  });
}

/** Return the movements that reach a probability; of those that overlap the likelier. */
function likelyOf(movements, threshold, overlap) {
  const kept = [];
  const likely = movements.filter((one) => one[4] >= threshold).sort((a, b) => b[4] - a[4]);
  for (const [onset, apex, offset, kind, score, part] of likely) {
    const one = { onset, apex, offset, kind, score, part };
    if (kept.every((other) => sharedOf(one, other) <= overlap)) kept.push(one);
  }
  return kept.sort((a, b) => a.onset - b.onset);
}

/** Return the common frames of two intervals as a share of the shorter one. */
function sharedOf(a, b) {
  const common = Math.min(a.offset, b.offset) - Math.max(a.onset, b.onset) + 1;
  return Math.max(common, 0) / Math.min(a.offset - a.onset + 1, b.offset - b.onset + 1);
}

/** Return the frames that two intervals share, by those that either has. */
function iouOf(a, b) {
  const common = Math.max(0, Math.min(a.offset, b.offset) - Math.max(a.onset, b.onset) + 1);
  return common / (a.offset - a.onset + 1 + (b.offset - b.onset + 1) - common);
}

/** Return, for each found interval, the true one that it is paired with, or -1: as many pairs as can be. */
function pairsOf(truth, found, iou) {
  const near = found.map((one) => truth.map((_, n) => n).filter((n) => iouOf(truth[n], one) >= iou));
  const owner = truth.map(() => -1);
  const give = (n, seen) =>
    near[n].some((m) => {
      if (seen.has(m)) return false;
      seen.add(m);
      if (owner[m] >= 0 && !give(owner[m], seen)) return false;
      owner[m] = n;
      return true;
    });
  found.forEach((_, n) => give(n, new Set()));
  return found.map((_, n) => owner.indexOf(n));
}

/** Return {micro, macro, overall, any}: {tp, fp, fn, precision, recall, f1}, and which found intervals are hits. */
function scoresOf(truth, found, iou) {
  const hits = new Set();
  const count = (some, others) => {
    const pairs = pairsOf(some, others, iou);
    const tp = pairs.filter((n) => n >= 0).length;
    return { tp, fp: others.length - tp, fn: some.length - tp, pairs };
  };
  const scores = {};
  for (const kind of ["micro", "macro"]) {
    const mine = found.filter((one) => one.kind === kind);
    scores[kind] = count(truth.filter((one) => one.kind === kind), mine);
    scores[kind].pairs.forEach((n, m) => n >= 0 && hits.add(mine[m]));
  }
  const sum = (name) => scores.micro[name] + scores.macro[name];
  scores.overall = { tp: sum("tp"), fp: sum("fp"), fn: sum("fn") };
  scores.any = count(truth, found);
  for (const one of Object.values(scores)) {
    delete one.pairs;
    const ratio = (part, whole) => (whole ? part / whole : 0);
    one.precision = ratio(one.tp, one.tp + one.fp);
    one.recall = ratio(one.tp, one.tp + one.fn);
    one.f1 = ratio(2 * one.tp, 2 * one.tp + one.fp + one.fn);
  }
  return { scores, hits };
}
