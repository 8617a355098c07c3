// The products of attention on heads, of a few (window, head) pairs and a panel of query rows, 8 × 8 tiles a thread (linalg/matmul):
//   scores: c = A·Bᵀ   A: queries, B: keys of the pair's key block → c: weights;      also g·Vᵀ
//   mix:    c = A·B    A: weights, B: keys or values                → c: query rows;   P·V and ∂S·K
//   back:   c = Aᵀ·B   A: weights, B: query rows, over the queries and the pairs that share a key block → c: keys;  Pᵀ·g and ∂Sᵀ·Q
//   query rows: (windows · heads · block_rows) × dim; keys: (windows · keyHeads · key_rows) × dim;
//   weights: rows from weights_tile, (pairs · panel_tiles · 8) × key_rows. Only tiles that the mask lets through are touched.
// `back` goes on from what earlier launches gave to the same key block, so any cut into launches gives the same bits. Strides count vec4, tiles 8 rows.
// Grid: one thread a tile of c, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  tiles: u32,  // threads with work
  inner: u32,  // vec4 of dim
  stride: u32, // of queries and keys
  length: u32,
  block_tiles: u32,
  key_length: u32,
  key_tiles: u32,
  first_pair: u32,
  pairs: u32,
  group: u32, // pairs that share a key block
  first_tile: u32,
  panel_tiles: u32,
  weights_tile: u32,
  causal: u32,
  window: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
//#include "model/attention-span"

struct Tile { s00: mat4x4f, s01: mat4x4f, s10: mat4x4f, s11: mat4x4f }

fn a4(at: u32, stride: u32) -> mat4x4f { return mat4x4f(a[at], a[at + stride], a[at + 2 * stride], a[at + 3 * stride]); }

fn b4(at: u32, stride: u32) -> mat4x4f { return mat4x4f(b[at], b[at + stride], b[at + 2 * stride], b[at + 3 * stride]); }

fn c4(at: u32, stride: u32) -> mat4x4f { return mat4x4f(c[at], c[at + stride], c[at + 2 * stride], c[at + 3 * stride]); }

fn store4(at: u32, stride: u32, s: mat4x4f) {
  c[at] = s[0];
  c[at + stride] = s[1];
  c[at + 2 * stride] = s[2];
  c[at + 3 * stride] = s[3];
}

fn store(at: u32, stride: u32, t: Tile) {
  store4(at, stride, t.s00);
  store4(at + 1, stride, t.s01);
  store4(at + 4 * stride, stride, t.s10);
  store4(at + 4 * stride + 1, stride, t.s11);
}

@compute @workgroup_size(64)
fn scores(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let tile = linear_index(group, groups, local, 64);
  if (tile >= params.tiles) { return; }
  let key_tile = tile % params.key_tiles;
  let row = tile / params.key_tiles;
  let query_tile = params.first_tile + row % params.panel_tiles;
  if (key_tile < first_key_tile(query_tile) || key_tile >= end_key_tile(query_tile)) { return; }
  let pair = params.first_pair + row / params.panel_tiles;
  let a0 = (pair * params.block_tiles + query_tile) * 8 * params.stride;
  let a1 = a0 + 4 * params.stride;
  let b0 = (pair / params.group * params.key_tiles + key_tile) * 8 * params.stride;
  let b1 = b0 + 4 * params.stride;
  var t = Tile();
  for (var i = 0u; i < params.inner; i++) {
    let top = a4(a0 + i, params.stride);
    let bottom = a4(a1 + i, params.stride);
    let left = transpose(b4(b0 + i, params.stride));
    let right = transpose(b4(b1 + i, params.stride));
    t.s00 += left * top;
    t.s01 += right * top;
    t.s10 += left * bottom;
    t.s11 += right * bottom;
  }
  store((params.weights_tile + row) * 16 * params.key_tiles + key_tile * 2, params.key_tiles * 2, t);
}

@compute @workgroup_size(64)
fn mix(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let tile = linear_index(group, groups, local, 64);
  if (tile >= params.tiles) { return; }
  let column = tile % (params.stride / 2) * 2;
  let row = tile / (params.stride / 2);
  let query_tile = params.first_tile + row % params.panel_tiles;
  let pair = params.first_pair + row / params.panel_tiles;
  let a_stride = params.key_tiles * 2;
  let a0 = (params.weights_tile + row) * 8 * a_stride;
  let a1 = a0 + 4 * a_stride;
  let b0 = pair / params.group * params.key_tiles * 8 * params.stride + column;
  var t = Tile();
  for (var key = first_key_tile(query_tile) * 2; key < end_key_tile(query_tile) * 2; key++) {
    let top = a4(a0 + key, a_stride);
    let bottom = a4(a1 + key, a_stride);
    let left = b4(b0 + 4 * key * params.stride, params.stride);
    let right = b4(b0 + 4 * key * params.stride + 1, params.stride);
    t.s00 += left * top;
    t.s01 += right * top;
    t.s10 += left * bottom;
    t.s11 += right * bottom;
  }
  store((pair * params.block_tiles + query_tile) * 8 * params.stride + column, params.stride, t);
}

@compute @workgroup_size(64)
fn back(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let tile = linear_index(group, groups, local, 64);
  if (tile >= params.tiles) { return; }
  let column = tile % (params.stride / 2) * 2;
  let row = tile / (params.stride / 2);
  let key_tile = row % params.key_tiles;
  let key_block = params.first_pair / params.group + row / params.key_tiles;
  let first_pair = max(params.first_pair, key_block * params.group);
  let end_pair = min(params.first_pair + params.pairs, (key_block + 1) * params.group);
  let begin = max(params.first_tile, first_query_tile(key_tile));
  let end = min(params.first_tile + params.panel_tiles, end_query_tile(key_tile));
  let a_stride = params.key_tiles * 2;
  let to = (key_block * params.key_tiles + key_tile) * 8 * params.stride + column;
  let low = to + 4 * params.stride;
  var t = Tile();
  if (params.first_tile > 0 || params.first_pair > key_block * params.group) {
    t = Tile(c4(to, params.stride), c4(to + 1, params.stride), c4(low, params.stride), c4(low + 1, params.stride));
  }
  for (var pair = first_pair; pair < end_pair; pair++) {
    for (var query_tile = begin; query_tile < end; query_tile++) {
      let a_row = params.weights_tile + (pair - params.first_pair) * params.panel_tiles + query_tile - params.first_tile;
      let a_tile = a_row * 8 * a_stride + key_tile * 2;
      let b_tile = (pair * params.block_tiles + query_tile) * 8 * params.stride + column;
      for (var half = 0u; half < 2; half++) {
        let a0 = a_tile + half * 4 * a_stride;
        let b0 = b_tile + half * 4 * params.stride;
        let top = transpose(a4(a0, a_stride));
        let bottom = transpose(a4(a0 + 1, a_stride));
        let left = b4(b0, params.stride);
        let right = b4(b0 + 1, params.stride);
        t.s00 += left * top;
        t.s01 += right * top;
        t.s10 += left * bottom;
        t.s11 += right * bottom;
      }
    }
  }
  store(to, params.stride, t);
}
