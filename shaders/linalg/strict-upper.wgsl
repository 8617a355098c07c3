// A triangle of a matrix, in place. Entry points:
//   strict_upper: sets the diagonal and what is below it to zero.   lower: sets what is above the diagonal to zero.
//   a: count vec4, `stride` vec4 a row; padding is zero and stays it.
// Grid: linear over the vec4 of a (linearGrid), 64 threads a workgroup. No workgroup memory.
struct Params {
  stride: u32,
  count: u32,
  above: u32,   // rows of the matrix above the first one that is bound
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> a: array<vec4f>;

//#include "common/index"

@compute @workgroup_size(64)
fn strict_upper(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = params.above + i / params.stride;
  let cols = vec4u(i % params.stride * 4) + vec4u(0, 1, 2, 3);
  // A select, not a product with 0 and 1: what is dropped may be anything.
  a[i] = select(vec4f(0), a[i], cols > vec4u(row));
}

@compute @workgroup_size(64)
fn lower(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = params.above + i / params.stride;
  let cols = vec4u(i % params.stride * 4) + vec4u(0, 1, 2, 3);
  a[i] = select(vec4f(0), a[i], cols <= vec4u(row));
}
