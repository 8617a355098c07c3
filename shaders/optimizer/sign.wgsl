// A step of sign descent in place (SignRound, arXiv:2309.05516): value = clamp(value − rate · sign(grad), low, high), sign(0) = 0.
//   grad, mask, value: `count` vec4 with their zero padding, which stays zero where low ≤ 0 ≤ high. Where MASKED is 1, entries with mask 0
//   keep their value; else what is bound for the mask is not looked at. Grid: linear over the vec4, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
struct Params { count: u32, rate: f32, low: f32, high: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> mask: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> value: array<vec4f>;

//#include "optimizer/mask"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let old = value[i];
  value[i] = trained(i, old, clamp(old - params.rate * sign(grad[i]), vec4f(params.low), vec4f(params.high)));
}
