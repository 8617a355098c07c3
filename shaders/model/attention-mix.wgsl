// Attention output Y = P·V of the pairs and the panel whose probabilities attention-softmax left in `weights`.
//   weights: (pairs · panel_tiles · 8) × block_rows; v: (windows · key_heads · block_rows) × dim; y: like q of attention-scores.
// Strides count vec4, tiles 8 rows. Grid: one thread an 8 × 8 tile of y, folded in y: tile = (pair, query tile, column tile), so
// that narrow heads leave no thread idle. No workgroup memory.
//#include "common/index"
//#include "model/attention-span"
struct Params {
  stride: u32, // of v and y
  block_tiles: u32,
  first_pair: u32,
  heads: u32,
  group: u32,
  first_tile: u32,
  panel_tiles: u32,
  window: u32,
  tiles: u32, // threads that have work
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

fn weights4(at: u32) -> mat4x4f {
  let stride = params.block_tiles * 2;
  return mat4x4f(weights[at], weights[at + stride], weights[at + 2 * stride], weights[at + 3 * stride]);
}

fn values4(at: u32) -> mat4x4f {
  return mat4x4f(v[at], v[at + params.stride], v[at + 2 * params.stride], v[at + 3 * params.stride]);
}

fn store4(at: u32, s: mat4x4f) {
  y[at] = s[0];
  y[at + params.stride] = s[1];
  y[at + 2 * params.stride] = s[2];
  y[at + 3 * params.stride] = s[3];
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let tile = linear_index(group, groups, local, 64);
  if (tile >= params.tiles) { return; }
  let column_tiles = params.stride / 2;
  let column_tile = tile % column_tiles;
  let panel_row = tile / column_tiles;
  let query_tile = params.first_tile + panel_row % params.panel_tiles;
  let pair = params.first_pair + panel_row / params.panel_tiles;
  let key_block = pair / params.heads * (params.heads / params.group) + pair % params.heads / params.group;
  let w0 = panel_row * 8 * params.block_tiles * 2;
  let w1 = w0 + 4 * params.block_tiles * 2;
  let v0 = key_block * params.block_tiles * 8 * params.stride + column_tile * 2;
  var s00: mat4x4f;
  var s01: mat4x4f;
  var s10: mat4x4f;
  var s11: mat4x4f;
  for (var key = first_key_tile(query_tile, params.window) * 2; key < query_tile * 2 + 2; key++) {
    let top = weights4(w0 + key);
    let bottom = weights4(w1 + key);
    let left = values4(v0 + 4 * key * params.stride);
    let right = values4(v0 + 4 * key * params.stride + 1);
    s00 += left * top;
    s01 += right * top;
    s10 += left * bottom;
    s11 += right * bottom;
  }
  let at = (pair * params.block_tiles + query_tile) * 8 * params.stride + column_tile * 2;
  store4(at, s00);
  store4(at + 1, s01);
  store4(at + 4 * params.stride, s10);
  store4(at + 4 * params.stride + 1, s11);
}
