// How often latent signs flip, and which of them are frozen (SSVQ, arXiv:2503.08668). Entry points:
//   observe:  after a step: frequency = keep · frequency + rest · (the sign has flipped), and the sign's vote.
//   settle:   free weights whose frequency is above `threshold` take the sign that had more votes since the last settle (of equals the one
//             they have) and are frozen, free = 0; all votes start anew.
//   latent, free, frequency: `count` floats of padded matrices; sign(0) = 1; free: 1 or 0, zero in the padding.
//   votes: one u32 each: bit 0 set where the last sign was minus, the other bits votes for plus less those for minus.
// Grid: linear over the floats, LANES threads a workgroup. No workgroup memory.
override LANES: u32 = 64;
struct Params { count: u32, keep: f32, rest: f32, threshold: f32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> latent: array<f32>;
@group(0) @binding(2) var<storage, read_write> free: array<f32>;
@group(0) @binding(3) var<storage, read_write> frequency: array<f32>;
@group(0) @binding(4) var<storage, read_write> votes: array<u32>;

// The item of this thread; `count` where there is none.
fn item(group: vec3u, groups: vec3u, lane: u32) -> u32 {
  let g = params.first_group + group.y * groups.x + group.x;
  return select(min(g * LANES + lane, params.count), params.count, g >= params.past_group);
}

@compute @workgroup_size(LANES)
fn observe(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let i = item(group, groups, lane);
  if (i >= params.count || free[i] == 0.0) { return; }
  let before = votes[i];
  let minus = u32(latent[i] < 0.0);
  let balance = (bitcast<i32>(before) >> 1u) + 1 - 2 * i32(minus);
  frequency[i] = params.keep * frequency[i] + params.rest * f32((before & 1u) ^ minus);
  votes[i] = (bitcast<u32>(balance) << 1u) | minus;
}

@compute @workgroup_size(LANES)
fn settle(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_index) lane: u32) {
  let i = item(group, groups, lane);
  if (i >= params.count || free[i] == 0.0) { return; }
  let balance = bitcast<i32>(votes[i]) >> 1u;
  votes[i] &= 1u;
  if (frequency[i] <= params.threshold) { return; }
  let minus = select(latent[i] < 0.0, balance < 0, balance != 0);
  let size = max(abs(latent[i]), 1e-20);
  latent[i] = select(size, -size, minus);
  free[i] = 0.0;
}
