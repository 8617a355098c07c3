// The group of each place, ⌊place / size⌋.   places, groups: `count` u32. Grid: linear (linearGrid), 64 threads a workgroup.
// No workgroup memory.
//#include "common/index"
struct Params { count: u32, size: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> places: array<u32>;
@group(0) @binding(2) var<storage, read_write> groups_of: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i < params.count) { groups_of[i] = places[i] / params.size; }
}
