/** Forwards and backwards through the steps: buttons, a native range, and playing, which never begins by itself. */
import { useEffect, useState } from 'react';
import { useMedia } from '../context';
import { IconButton } from '../parts/button';
import { lessonWords } from './words';
import styles from './lesson.module.css';

const words = lessonWords.player;
/** Milliseconds a step at speed 1. */
const PACE_MS = 900;
const SPEEDS = ['0.5', '1', '2', '4'] as const;

interface PlayerProps {
  step: number;
  last: number;
  /** What happens in this step. */
  says: string;
  playing: boolean;
  onStep: (step: number) => void;
  onPlaying: (playing: boolean) => void;
}

export function Player({ step, last, says, playing, onStep, onPlaying }: PlayerProps) {
  const still = useMedia('(prefers-reduced-motion: reduce)');
  const [speed, setSpeed] = useState<string>('1');
  useEffect(() => {
    if (!playing) return;
    if (still) {
      onPlaying(false);
      return;
    }
    const timer = setTimeout(
      () => {
        if (step < last) onStep(step + 1);
        if (step + 1 >= last) onPlaying(false);
      },
      PACE_MS / Number(speed),
    );
    return () => clearTimeout(timer);
  }, [playing, still, step, last, speed, onStep, onPlaying]);

  return (
    <div className={styles.player} role="group" aria-label={words.group}>
      <div className={styles.buttons}>
        <IconButton icon="first" label={words.first} disabled={step === 0} onClick={() => onStep(0)} />
        <IconButton icon="left" label={words.back} disabled={step === 0} onClick={() => onStep(step - 1)} />
        {!still && (
          <IconButton
            icon={playing ? 'pause' : 'run'}
            label={playing ? words.pause : words.play}
            onClick={() => {
              if (!playing && step === last) onStep(0);
              onPlaying(!playing);
            }}
          />
        )}
        <IconButton icon="right" label={words.forward} disabled={step === last} onClick={() => onStep(step + 1)} />
        <IconButton icon="last" label={words.last} disabled={step === last} onClick={() => onStep(last)} />
      </div>
      <input
        type="range"
        className={styles.scrubber}
        min={0}
        max={last}
        step={1}
        value={step}
        aria-label={words.scrubber}
        aria-valuetext={`${words.step(step, last)}. ${says}`}
        onChange={(event) => onStep(Number(event.target.value))}
      />
      <span className={styles.stepNumber}>{words.step(step, last)}</span>
      {!still && (
        <label className={styles.speed}>
          {words.speed}
          <select value={speed} onChange={(event) => setSpeed(event.target.value)}>
            {SPEEDS.map((one) => (
              <option key={one} value={one}>
                {one}×
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
