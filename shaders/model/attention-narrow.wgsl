// Attention of heads of at most 16 columns in one pass over the keys, Y = softmax(scale · Q·Kᵀ) · V: the softmax runs along with the
// keys (its maximum and its sum so far, Milakov and Gimelshein 2018, arXiv 1805.02867), so no score is ever stored.
//   q, y: (windows · heads · block_rows) × dim, k, v: (windows · key_heads · key_rows) × dim; heads share keys in groups of `group`.
// Grid: one thread four neighbouring queries of a (window, head) pair, folded in y. It holds them and their outputs in registers, in
// QUADS matrices of 4 queries × 4 columns, and takes the keys by fours. Keys that no query may see are never read. No workgroup
// memory, no barrier; neighbouring threads read the same keys.
//#include "common/index"
struct Params {
  stride: u32,      // of all four, vec4
  block_tiles: u32, // tiles of 8 rows of one (window, head) block
  length: u32,      // rows past it become zero
  key_length: u32,
  key_tiles: u32,
  group: u32,
  causal: u32,
  window: u32,
  first: u32,       // of the fours of queries that this launch does
  count: u32,
  scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
//#include "model/attention-span"

override WG: u32 = 64;
override QUADS: u32 = 4; // vec4 of dim: 1 to 4

const NOTHING = -3e38;

fn queries4(at: u32) -> mat4x4f {
  return params.scale * mat4x4f(q[at], q[at + params.stride], q[at + 2 * params.stride], q[at + 3 * params.stride]);
}

fn keys4(at: u32) -> mat4x4f {
  return transpose(mat4x4f(k[at], k[at + params.stride], k[at + 2 * params.stride], k[at + 3 * params.stride]));
}

fn values4(at: u32) -> mat4x4f {
  return mat4x4f(v[at], v[at + params.stride], v[at + 2 * params.stride], v[at + 3 * params.stride]);
}

fn largest(s: vec4f) -> f32 { return max(max(s.x, s.y), max(s.z, s.w)); }

// Column i times factors[i].
fn scaled(m: mat4x4f, factors: vec4f) -> mat4x4f {
  return mat4x4f(m[0] * factors.x, m[1] * factors.y, m[2] * factors.z, m[3] * factors.w);
}

fn store4(at: u32, query: u32, m: mat4x4f) {
  y[at] = select(vec4f(0), m[0], query < params.length);
  y[at + params.stride] = select(vec4f(0), m[1], query + 1 < params.length);
  y[at + 2 * params.stride] = select(vec4f(0), m[2], query + 2 < params.length);
  y[at + 3 * params.stride] = select(vec4f(0), m[3], query + 3 < params.length);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let four = linear_index(group, groups, local, WG);
  if (four >= params.count) { return; }
  let row = 4 * (params.first + four);
  let block_rows = params.block_tiles * 8;
  let query = row % block_rows;
  let key_block = row / block_rows / params.group;
  let own = row * params.stride;
  let block = key_block * params.key_tiles * 8 * params.stride;

  // Columns are queries throughout. Named, not an array: registers are not indexed. What QUADS leaves out is compiled away.
  var q0 = queries4(own);
  var q1: mat4x4f;
  var q2: mat4x4f;
  var q3: mat4x4f;
  if (QUADS > 1) { q1 = queries4(own + 1); }
  if (QUADS > 2) { q2 = queries4(own + 2); }
  if (QUADS > 3) { q3 = queries4(own + 3); }
  var y0: mat4x4f;
  var y1: mat4x4f;
  var y2: mat4x4f;
  var y3: mat4x4f;
  var highest = vec4f(NOTHING);
  var sum = vec4f(0);

  let end = select(params.key_length, query + 1, params.causal == 1);
  for (var key = first_key(query) / 4 * 4; key < end; key += 4u) {
    let at = block + key * params.stride;
    var s = keys4(at) * q0;
    if (QUADS > 1) { s += keys4(at + 1) * q1; }
    if (QUADS > 2) { s += keys4(at + 2) * q2; }
    if (QUADS > 3) { s += keys4(at + 3) * q3; }
    let keys = vec4u(key) + vec4u(0, 1, 2, 3);
    // Only at the two ends of the span are there keys that not all four queries see.
    let ragged = key + 4 > end || key < first_key(query + 3);
    let hidden = vec4f(NOTHING);
    if (ragged) {
      s = mat4x4f(
        select(hidden, s[0], sees(query, keys)), select(hidden, s[1], sees(query + 1, keys)),
        select(hidden, s[2], sees(query + 2, keys)), select(hidden, s[3], sees(query + 3, keys)));
    }
    let risen = max(highest, vec4f(largest(s[0]), largest(s[1]), largest(s[2]), largest(s[3])));
    if (any(risen > highest)) {
      let kept = exp(highest - risen);
      highest = risen;
      sum *= kept;
      y0 = scaled(y0, kept);
      if (QUADS > 1) { y1 = scaled(y1, kept); }
      if (QUADS > 2) { y2 = scaled(y2, kept); }
      if (QUADS > 3) { y3 = scaled(y3, kept); }
    }
    var p = mat4x4f(exp(s[0] - highest.x), exp(s[1] - highest.y), exp(s[2] - highest.z), exp(s[3] - highest.w));
    if (ragged) {
      // A query that has seen no key yet has NOTHING for its maximum as well, and exp(0) is not zero.
      p = mat4x4f(
        select(vec4f(0), p[0], sees(query, keys)), select(vec4f(0), p[1], sees(query + 1, keys)),
        select(vec4f(0), p[2], sees(query + 2, keys)), select(vec4f(0), p[3], sees(query + 3, keys)));
    }
    sum += vec4f(1) * p;
    y0 += values4(at) * p;
    if (QUADS > 1) { y1 += values4(at + 1) * p; }
    if (QUADS > 2) { y2 += values4(at + 2) * p; }
    if (QUADS > 3) { y3 += values4(at + 3) * p; }
  }

  let share = 1 / sum;
  store4(own, query, scaled(y0, share));
  if (params.stride > 1) { store4(own + 1, query, scaled(y1, share)); }
  if (params.stride > 2) { store4(own + 2, query, scaled(y2, share)); }
  if (params.stride > 3) { store4(own + 3, query, scaled(y3, share)); }
}
