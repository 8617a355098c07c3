// Single weights into a matrix: out[⌊p / cols⌋, p mod cols] = value for each place p. Places are distinct, so that no two threads meet; what
// stands at no place stays as it was.
//   places: count u32, values: count f32.
// Grid: linear over the places (linearGrid), 64 threads a workgroup. No workgroup memory.
struct Params { count: u32, cols: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> places: array<u32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

//#include "common/index"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let place = places[i];
  out[(place / params.cols) * params.stride + place % params.cols] = values[i];
}
