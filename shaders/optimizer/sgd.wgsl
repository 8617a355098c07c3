// A step of stochastic gradient descent in place, as torch.optim.SGD takes it. With d = grad + decay · value, entry points:
//   plain:     value −= rate · d
//   momentum:  velocity = momentum · velocity + d;  value −= rate · velocity      (velocity is zero before the first step)
//   grad, mask, value, velocity: `count` vec4 with their zero padding. Where MASKED is 1, entries with mask 0 keep value and velocity;
//   else what is bound for the mask is not looked at. Grid: linear over the vec4, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
struct Params { count: u32, rate: f32, decay: f32, momentum: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> mask: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> velocity: array<vec4f>;

//#include "optimizer/mask"

@compute @workgroup_size(64)
fn plain(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let old = value[i];
  let d = grad[i] + params.decay * old;
  value[i] = trained(i, old, old - params.rate * d);
}

@compute @workgroup_size(64)
fn momentum(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let old = value[i];
  let d = grad[i] + params.decay * old;
  let faster = params.momentum * velocity[i] + d;
  velocity[i] = trained(i, velocity[i], faster);
  value[i] = trained(i, old, old - params.rate * faster);
}
