// Attention scores S = Q·Kᵀ of a few (window, head) pairs and a panel of query rows; only the 8 × 8 tiles that causality and the
// sliding window let through, the others are left as they were (nobody reads them).
//   q: (windows · heads · block_rows) × dim, k: (windows · key_heads · block_rows) × dim; heads share keys in groups of `group`.
//   scores: (pairs · panel_tiles · 8) × block_rows.
// Strides count vec4, tiles 8 rows. Grid: (key tiles/8, panel tiles/8, pairs) workgroups of 8 × 8 threads, one tile a thread, in
// four mat4x4f accumulators as in linalg/matmul. No workgroup memory.
struct Params {
  inner: u32,       // vec4 of dim
  stride: u32,      // of q and k
  block_tiles: u32, // tiles of one block
  first_pair: u32,
  heads: u32,
  group: u32,
  first_tile: u32,  // of the panel
  panel_tiles: u32,
  window: u32,      // keys a query sees, itself included; 0 for all before it
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> scores: array<vec4f>;
//#include "model/attention-span"

fn query4(at: u32) -> mat4x4f {
  return mat4x4f(q[at], q[at + params.stride], q[at + 2 * params.stride], q[at + 3 * params.stride]);
}

fn key4(at: u32) -> mat4x4f {
  return transpose(mat4x4f(k[at], k[at + params.stride], k[at + 2 * params.stride], k[at + 3 * params.stride]));
}

fn store4(at: u32, s: mat4x4f) {
  let stride = params.block_tiles * 2;
  scores[at] = s[0];
  scores[at + stride] = s[1];
  scores[at + 2 * stride] = s[2];
  scores[at + 3 * stride] = s[3];
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let query_tile = params.first_tile + id.y;
  if (id.y >= params.panel_tiles || id.x > query_tile || id.x < first_key_tile(query_tile, params.window)) { return; }
  let pair = params.first_pair + id.z;
  let key_block = pair / params.heads * (params.heads / params.group) + pair % params.heads / params.group;
  let q0 = (pair * params.block_tiles + query_tile) * 8 * params.stride;
  let q1 = q0 + 4 * params.stride;
  let k0 = (key_block * params.block_tiles + id.x) * 8 * params.stride;
  let k1 = k0 + 4 * params.stride;
  var s00: mat4x4f;
  var s01: mat4x4f;
  var s10: mat4x4f;
  var s11: mat4x4f;
  for (var i = 0u; i < params.inner; i++) {
    let top = query4(q0 + i);
    let bottom = query4(q1 + i);
    let left = key4(k0 + i);
    let right = key4(k1 + i);
    s00 += left * top;
    s01 += right * top;
    s10 += left * bottom;
    s11 += right * bottom;
  }
  let score_stride = params.block_tiles * 2;
  let at = (id.z * params.panel_tiles + id.y) * 8 * score_stride + id.x * 2;
  store4(at, s00);
  store4(at + 1, s01);
  store4(at + 4 * score_stride, s10);
  store4(at + 4 * score_stride + 1, s11);
}
