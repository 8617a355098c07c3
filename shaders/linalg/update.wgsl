// Updates of a matrix y in place, from x. Entry points:
//   axpy:           y += alpha·x            x: a matrix of y's shape
//   scale_rows:     y[r, c] *= x[r]         x: one row of as many values as y has rows
//   scale_columns:  y[r, c] *= x[c]         x: one row of as many values as y has columns
//   y: `count` vec4, `stride` vec4 a row. Padding is zero in y and stays it, as x is padded with zeros and finite.
// Grid: linear over the vec4 of y (linearGrid), 64 threads a workgroup. No workgroup memory.
struct Params {
  stride: u32,
  count: u32,
  alpha: f32,   // axpy only
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

//#include "common/index"

@compute @workgroup_size(64)
fn axpy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i < params.count) { y[i] += params.alpha * x[i]; }
}

@compute @workgroup_size(64)
fn scale_rows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
              @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = i / params.stride;
  y[i] *= x[row / 4][row % 4];
}

@compute @workgroup_size(64)
fn scale_columns(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                 @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i < params.count) { y[i] *= x[i % params.stride]; }
}
