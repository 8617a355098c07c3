// The attention that keys receive: received[key block, key] += Σ over the block's pairs and a panel's queries of weight[query] · P[query, key].
//   weights: probabilities of a panel (gradient/attention-rows), (pairs · panel_tiles · 8) × block_rows;  by_query: 1 × length
//   received: (windows · keyHeads) × length, onto what it holds. Only tiles that the mask lets through are read. Strides count vec4.
// Grid: one thread a vec4 of keys of one of `blocks` key blocks, linear. No workgroup memory.
//#include "common/index"
struct Params {
  blocks: u32,
  length: u32,
  block_tiles: u32,
  key_length: u32,
  key_tiles: u32,
  first_tile: u32,
  panel_tiles: u32,
  causal: u32,
  window: u32,
  first_pair: u32,
  pairs: u32,
  group: u32, // pairs that share a key block
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> by_query: array<f32>;
@group(0) @binding(3) var<storage, read_write> received: array<vec4f>;
//#include "model/attention-span"

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let stride = params.block_tiles * 2u;
  if (i >= params.blocks * stride) { return; }
  let c = i % stride;
  let block = params.first_pair / params.group + i / stride;
  let first_pair = max(params.first_pair, block * params.group);
  let end_pair = min(params.first_pair + params.pairs, (block + 1u) * params.group);
  let begin = max(params.first_tile, first_query_tile(c / 2u)) * 8u;
  let end = min(min(params.first_tile + params.panel_tiles, end_query_tile(c / 2u)) * 8u, params.length);
  var sum = vec4f(0);
  for (var pair = first_pair; pair < end_pair; pair++) {
    let row = (pair - params.first_pair) * params.panel_tiles * 8u;
    for (var query = begin; query < end; query++) {
      sum += by_query[query] * weights[(row + query - params.first_tile * 8u) * stride + c];
    }
  }
  received[block * stride + c] += sum;
}
