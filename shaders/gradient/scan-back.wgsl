// The selective scan (gradient/scan) backwards: from g = ∂L/∂y, token after token from the last, with γ = ∂L/∂h and ā = exp(Δ A):
//   γ_t = C_t g_t + ā_{t+1} γ_{t+1},   ∂C_t = Σ_channels g_t h_t,   ∂B_t = Σ_channels Δ_t u_t γ_t,
//   ∂u_t = Δ_t (γ_t·B_t) + skip g_t,   ∂Δ_t = u_t (γ_t·B_t) + Σ_states A ā_t γ_t h_{t−1},   ∂A = Σ_t Δ_t ā_t γ_t h_{t−1}.
// States are computed again: a first pass leaves one in `work` at the start of every segment of the window but the first; then each
// segment, from the last, leaves all of its own.
//   u, delta, g, du, ddelta: tokens × channels; constants: A (channels × states), then skip; inputs: B, then C (tokens × states).
//   work: of each workgroup its threads' states, then from shares_at their shares of ∂B and ∂C, four vec4 a token, each of them for
//   all threads together; after all workgroups, from partial_at, a row a window of ∂A and ∂skip.
// A thread walks the lanes chunk, chunk + chunks, … and adds up their shares; gradient/scan-fold adds up the threads and the windows.
// A launch looks at eight states, two vec4 from first_quad; those after the first add to du and ddelta. Everything counts vec4.
// Grid: one thread a window and chunk, folded in y. No workgroup memory.
//#include "common/index"
//#include "gradient/scan-step"
struct Params {
  length: u32,
  first_window: u32,
  first_chunk: u32,
  launch_chunks: u32, // of each window in this launch
  chunks: u32,        // of each window
  threads: u32,
  segment: u32,       // tokens
  stride: u32,        // of u, delta, g, du, ddelta
  state_stride: u32,
  first_quad: u32,
  skip_at: u32,
  c_at: u32,
  group_vectors: u32, // of a workgroup's part of `work`
  shares_at: u32,
  partial_at: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> u: array<vec4f>;
@group(0) @binding(2) var<storage, read> delta: array<vec4f>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read> constants: array<vec4f>;
@group(0) @binding(5) var<storage, read> inputs: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> du: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> ddelta: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> work: array<vec4f>;

override SLOT: u32 = 8u * WG; // of `work`: one state of each thread of a workgroup

fn rates(at: u32) -> mat4x4f {
  let s = params.state_stride;
  return mat4x4f(constants[at], constants[at + s], constants[at + 2 * s], constants[at + 3 * s]);
}

fn save4(at: u32, stride: u32, h: mat4x4f) {
  work[at] = h[0];
  work[at + stride] = h[1];
  work[at + 2 * stride] = h[2];
  work[at + 3 * stride] = h[3];
}

fn load4(at: u32) -> mat4x4f { return mat4x4f(work[at], work[at + WG], work[at + 2 * WG], work[at + 3 * WG]); }

fn save(at: u32, h: States) {
  save4(at, WG, h.low);
  save4(at + 4 * WG, WG, h.high);
}

fn load(at: u32) -> States { return States(load4(at), load4(at + 4 * WG)); }

// The states after tokens row … end − 1 of a lane; with `keep`, those before each of them are left in `work` from `to`.
fn forward(start: States, a: States, row: u32, end: u32, lane: u32, keep: bool, to: u32) -> States {
  var h = start;
  var slot = to;
  for (var r = row; r < end; r++) {
    if (keep) { save(slot, h); }
    slot += SLOT;
    let step = delta[r * params.stride + lane];
    let state_at = r * params.state_stride + params.first_quad;
    h = after(h, a, step, step * u[r * params.stride + lane], inputs[state_at], inputs[state_at + 1]);
  }
  return h;
}

fn add_share(at: u32, value: vec4f, first: bool) {
  if (first) { work[at] = value; } else { work[at] += value; }
}

fn by_channel(m: mat4x4f, v: vec4f) -> mat4x4f { return mat4x4f(v.x * m[0], v.y * m[1], v.z * m[2], v.w * m[3]); }

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let thread = linear_index(group, groups, local, WG);
  if (thread >= params.threads) { return; }
  let chunk = params.first_chunk + thread % params.launch_chunks;
  let window = thread / params.launch_chunks;
  let first_row = (params.first_window + window) * params.length;
  let segments = (params.length + params.segment - 1) / params.segment;
  let starts = thread / WG * params.group_vectors + local;
  let saved = starts + (segments - 1) * SLOT;
  let shares = starts + params.shares_at;
  let a_size = params.stride * 4 * params.state_stride;
  let partial = params.partial_at + window * (a_size + params.stride);

  for (var lane = chunk; lane < params.stride; lane += params.chunks) {
    let a = States(rates(rates_at(lane)), rates(rates_at(lane) + 1));
    let through = constants[params.skip_at + lane];
    // Every variable of this loop is given a value: Dawn, and naga until wgpu PR 9592, zero one without only once, not at each turn.
    var h = States();
    for (var s = 1u; s < segments; s++) {
      let row = first_row + (s - 1) * params.segment;
      h = forward(h, a, row, row + params.segment, lane, false, 0);
      save(starts + (s - 1) * SLOT, h);
    }

    var later = States(); // ā_{t+1} γ_{t+1}
    var da = States();
    var dskip = vec4f(0);
    for (var s = segments; s > 0; s--) {
      let begin = (s - 1) * params.segment;
      let end = min(begin + params.segment, params.length);
      h = States();
      if (s > 1) { h = load(starts + (s - 2) * SLOT); }
      h = forward(h, a, first_row + begin, first_row + end, lane, true, saved);
      for (var t = end; t > begin; t--) {
        let row = first_row + t - 1;
        let at = row * params.stride + lane;
        let step = delta[at];
        let x = u[at];
        let grad = g[at];
        let v = step * x;
        let b_at = row * params.state_stride + params.first_quad;
        let c_at = b_at + params.c_at;
        let gamma = States(later.low + outer(inputs[c_at], grad), later.high + outer(inputs[c_at + 1], grad));
        let share_at = shares + (t - 1) * 4 * WG;
        add_share(share_at, gamma.low * v, lane == chunk);
        add_share(share_at + WG, gamma.high * v, lane == chunk);
        add_share(share_at + 2 * WG, h.low * grad, lane == chunk);
        add_share(share_at + 3 * WG, h.high * grad, lane == chunk);

        h = load(saved + (t - 1 - begin) * SLOT); // h_{t−1}
        later = States(times(gamma.low, decay(a.low, step)), times(gamma.high, decay(a.high, step)));
        let low = times(later.low, h.low);
        let high = times(later.high, h.high);
        da = States(da.low + by_channel(low, step), da.high + by_channel(high, step));
        let by_b = inputs[b_at] * gamma.low + inputs[b_at + 1] * gamma.high;
        let by_a = vec4f(1) * (times(low, a.low) + times(high, a.high));

        var to_u = step * by_b;
        var to_step = x * by_b + by_a;
        if (params.first_quad == 0) {
          to_u += through * grad;
          dskip += x * grad;
        } else {
          to_u += du[at];
          to_step += ddelta[at];
        }
        du[at] = to_u;
        ddelta[at] = to_step;
      }
    }
    save4(partial + rates_at(lane), params.state_stride, da.low);
    save4(partial + rates_at(lane) + 1, params.state_stride, da.high);
    if (params.first_quad == 0) { work[partial + a_size + lane] = dskip; }
  }
}
