// A matrix times a number. Entry points:
//   scale:     out = alpha·x
//   scale_by:  out = alpha·s·x with s the first value of a tensor: a 1 × 1 result that never left the GPU
//   x, out: `count` vec4 with their zero padding. Grid: linear over the vec4 (linearGrid), 64 threads a workgroup.
// No workgroup memory.
struct Params { count: u32, alpha: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> s: array<vec4f>;

//#include "common/index"

@compute @workgroup_size(64)
fn scale(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i < params.count) { out[i] = params.alpha * x[i]; }
}

@compute @workgroup_size(64)
fn scale_by(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i < params.count) { out[i] = params.alpha * s[0].x * x[i]; }
}
