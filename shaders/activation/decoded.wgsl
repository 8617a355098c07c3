// Which copy of keys and values a query of a decoder's cache reads: the quantized one of those that have left the last `residual` tokens. They leave
// in blocks of that many, or one by one (KIVI, arXiv 2402.02750). Rows of scores of a panel of query rows (gradient/attention-products).
//   left(query) = residual·⌊query / residual⌋ with in_blocks = 1, else max(query + 1 − residual, 0)
// Entry points, in place:
//   keys:    own = other where key < left(query)                     (own: scores with full keys, other: with quantized ones)
//   values:  other = own and own = 0 where key < left(query), else other = 0              (own: probabilities; other is written)
//   own, other: (pairs · panel_tiles · 8) × block_rows. Only tiles that the mask lets through are touched. Strides count vec4.
// Grid: one thread a vec4, linear. No workgroup memory.
//#include "common/index"
struct Params {
  count: u32, // vec4
  length: u32,
  block_tiles: u32,
  key_length: u32,
  key_tiles: u32,
  first_tile: u32,
  panel_tiles: u32,
  causal: u32,
  window: u32,
  residual: u32,
  in_blocks: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> own: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> other: array<vec4f>;
//#include "model/attention-span"

// How many keys have left.
fn left(query: u32) -> vec4u {
  let singly = max(query + 1u, params.residual) - params.residual;
  return vec4u(select(singly, query / params.residual * params.residual, params.in_blocks == 1u));
}

struct Place { touched: bool, query: u32, key: vec4u }

fn place_of(i: u32) -> Place {
  let stride = params.block_tiles * 2u;
  let query = params.first_tile * 8u + i / stride % (params.panel_tiles * 8u);
  let c = i % stride;
  let touched = i < params.count && c / 2u >= first_key_tile(query / 8u) && c / 2u < end_key_tile(query / 8u);
  return Place(touched, query, vec4u(4u * c) + vec4u(0, 1, 2, 3));
}

@compute @workgroup_size(64)
fn keys(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let place = place_of(i);
  if (!place.touched) { return; }
  own[i] = select(own[i], other[i], place.key < left(place.query));
}

@compute @workgroup_size(64)
fn values(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let place = place_of(i);
  if (!place.touched) { return; }
  let gone = place.key < left(place.query);
  let value = own[i];
  own[i] = select(value, vec4f(0), gone);
  other[i] = select(vec4f(0), value, gone);
}
