// Weights on a learned grid (rounding/level). Entry points, each writes rows × cols:
//   main:   values s (c − z).
//   codes:  c.
//   start:  v at which the form soft gives w itself inside the grid, and never on the other side of 0 than rounding to the nearest.
// Grid: linear over the floats of the padded matrix, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
//#include "rounding/level"
@group(0) @binding(4) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = i / params.stride;
  let column = i % params.stride;
  var value = 0.0;
  if (row < params.rows && column < params.cols) {
    let found = find(row, column);
    value = found.scale * (found.code - found.zero);
  }
  made[i] = value;
}

@compute @workgroup_size(64)
fn codes(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = i / params.stride;
  let column = i % params.stride;
  var code = 0.0;
  if (row < params.rows && column < params.cols) { code = find(row, column).code; }
  made[i] = code;
}

const TIE = 1e-6;      // the nearest of two equally near levels is the even one, and v = 0 would round up

@compute @workgroup_size(64)
fn start(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = i / params.stride;
  let column = i % params.stride;
  var v = 0.0;
  if (row < params.rows && column < params.cols) {
    let real = find(row, column).real;
    let below = floor(real);
    v = -log(STRETCH / (real - below + BELOW) - 1.0);
    v = select(min(v, -TIE), max(v, TIE), round(real) > below);
  }
  made[i] = v;
}
