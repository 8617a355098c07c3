// σ(x) and 1 − σ(x), both to full relative precision, and nothing overflows.
struct Sigmoid { value: vec4f, rest: vec4f }

fn sigmoid(x: vec4f) -> Sigmoid {
  let e = exp(-abs(x));
  let large = 1 / (1 + e);
  let small = e * large;
  let positive = x >= vec4f(0);
  return Sigmoid(select(small, large, positive), select(large, small, positive));
}
