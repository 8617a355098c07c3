// Copies a rectangle of one matrix into another, bits as they are.
//   to[row, col] = from[row, col] for `rows` rows of `quads` vec4; strides and offsets in vec4.
// Grid: linear over the rectangle's vec4 (linearGrid), 64 threads a workgroup. No workgroup memory.
struct Params {
  rows: u32,
  quads: u32,
  from_stride: u32,
  from_offset: u32,
  to_stride: u32,
  to_offset: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4u>;

//#include "common/index"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.rows * params.quads) { return; }
  let row = i / params.quads;
  let quad = i % params.quads;
  out[params.to_offset + row * params.to_stride + quad] = source[params.from_offset + row * params.from_stride + quad];
}
