/** Lets a thread answer between two pieces of work: what waits is done first. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
