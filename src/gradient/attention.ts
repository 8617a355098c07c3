/**
 * Softmax attention with gradients (src/tensor/attend.ts): causal or full, grouped queries, windows of `length` tokens.
 * `attention` takes token matrices; `attendHeads` what splitHeads gives, for models that rotate, or whose q, k and v are one product.
 */
import { attend, attendBack } from '../tensor/attend';
import { attendDecoded, type Leaving } from '../tensor/attend-cache';
import { type AttendOptions } from '../tensor/attend-inputs';
import { attendRounded, type Rounding } from '../tensor/attend-rounded';
import { add } from '../tensor/elementwise';
import type { Geometry } from '../tensor/heads';
import { mergeHeads, splitHeads } from './heads';
import type { Tape, Variable } from './tape';

/** q: tokens × (heads · dim), k and v: tokens × (keyHeads · dim), or of keyLength each window; the result is like q. */
export function attention(
  tape: Tape,
  q: Variable,
  k: Variable,
  v: Variable,
  geometry: Geometry,
  options: AttendOptions,
): Variable {
  const { heads, keyHeads } = options;
  const dim = q.value.cols / heads;
  const keys = { ...geometry, length: options.keyLength ?? geometry.length };
  const split = (x: Variable, count: number, g: Geometry) => splitHeads(tape, x, g, { first: 0, heads: count, dim });
  const y = attendHeads(
    tape,
    split(q, heads, geometry),
    split(k, keyHeads, keys),
    split(v, keyHeads, keys),
    geometry,
    options,
  );
  return mergeHeads(tape, y, geometry, heads);
}

/** q: (windows · heads · blockRows) × dim, k and v the same with keyHeads; the result is like q. */
export function attendHeads(
  tape: Tape,
  q: Variable,
  k: Variable,
  v: Variable,
  geometry: Geometry,
  options: AttendOptions,
): Variable {
  const inputs = { q: q.value, k: k.value, v: v.value };
  const { y, weights } = attend(inputs, geometry, options, tape.needs(q, k, v));
  if (weights) tape.keep(weights);
  return tape.record(y, [q, k, v], (g) => {
    const made = attendBack(inputs, weights, g, geometry, options);
    return [made.q, made.k, made.v];
  });
}

/** Attention of a decoder whose cache is quantized (tensor/attend-cache.ts). Goes back as if all had been read from the cache. */
export function attendCachedHeads(
  tape: Tape,
  { query, key, value }: { readonly query: Variable; readonly key: Variable; readonly value: Variable },
  cache: { readonly key: Variable; readonly value: Variable },
  geometry: Geometry,
  options: AttendOptions,
  { residual, leaving }: { readonly residual: number; readonly leaving?: Leaving },
): Variable {
  const kept = { k: cache.key.value, v: cache.value.value };
  const full = { q: query.value, k: key.value, v: value.value };
  const y = attendDecoded(full, kept, geometry, options, residual, leaving);
  return tape.record(y, [query, cache.key, cache.value], (g) => {
    const made = attendBack({ q: query.value, ...kept }, null, g, geometry, options);
    return [made.q, made.k, made.v];
  });
}

/**
 * Attention with quantized probabilities (tensor/attend-rounded.ts), straight through them. Where queries are split, `beside.q` has the part
 * that `query` lacks, against keys `beside.k`: it counts for the keys' gradient and gets none of its own.
 */
export function attendRoundedHeads(
  tape: Tape,
  { query, key, value }: { readonly query: Variable; readonly key: Variable; readonly value: Variable },
  geometry: Geometry,
  options: AttendOptions,
  rounding: Rounding,
): Variable {
  const inputs = { q: query.value, k: key.value, v: value.value };
  const y = attendRounded(inputs, geometry, options, rounding);
  return tape.record(y, [query, key, value], (g) => {
    const whole = rounding.beside ? add(query.value, rounding.beside.q) : null;
    const made = attendBack({ ...inputs, q: whole ?? query.value }, null, g, geometry, options);
    whole?.release();
    return [made.q, made.k, made.v];
  });
}
