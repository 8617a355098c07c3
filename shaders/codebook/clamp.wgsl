// Values below zero become zero, in place.   values: `count` vec4.   Grid: linear over the vec4, 64 threads a workgroup.
//#include "common/index"
//#include "common/finite"
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i < params.count) { values[i] = keeping(values[i], max(values[i], vec4f(0))); }
}
