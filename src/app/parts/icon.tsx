/** The studio's icons: one outline set on a 16-unit grid. Decoration only: the word is always beside it or in a label. */
const PATHS = {
  library: 'M2.5 3.5h3v9h-3zM7 3.5h2.5v9H7zM11 4l2.2-.6 2 8.8-2.2.6z',
  inspect: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.2 3.2',
  recipe: 'M3 4.5h10M3 8h10M3 11.5h6M12 10v4M10 12h4',
  run: 'M4.5 3v10l8-5z',
  compare: 'M2.5 13h11M4 10l3-4 2.5 2L13 3.5',
  lesson: 'M1.5 6L8 3l6.5 3L8 9zM4.2 7.4v3.4c2.2 1.9 5.4 1.9 7.6 0V7.4M14.5 6v4.5',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  moon: 'M12.8 9.6A5.3 5.3 0 0 1 6.4 3.2 5.3 5.3 0 1 0 12.8 9.6z',
  system: 'M2.5 3.5h11v7.5h-11zM6 13.5h4',
  close: 'M4 4l8 8M12 4l-8 8',
  up: 'M8 13V3.5M4 7l4-4 4 4',
  down: 'M8 3v9.5M4 9l4 4 4-4',
  left: 'M13 8H3.5M7 4L3 8l4 4',
  right: 'M3 8h9.5M9 4l4 4-4 4',
  first: 'M12.5 4L7.5 8l5 4M4 3.5v9',
  last: 'M3.5 4l5 4-5 4M12 3.5v9',
  more: 'M3 8h1M7.5 8h1M12 8h1',
  copy: 'M5.5 5.5h7.5V13H5.5zM10.5 5.5V3H3v7.5h2.5',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.2 4.5l.6 8.5h6.4l.6-8.5',
  edit: 'M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3zM9 4.7L11.3 7',
  info: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 7.3v3.5M8 5.1v.2',
  plus: 'M8 3v10M3 8h10',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  stop: 'M4 4h8v8H4z',
  link: 'M6.7 9.3a2.5 2.5 0 0 0 3.6 0l2.2-2.2a2.5 2.5 0 0 0-3.6-3.6l-.9.9M9.3 6.7a2.5 2.5 0 0 0-3.6 0L3.5 8.9a2.5 2.5 0 0 0 3.6 3.6l.9-.9',
  warning: 'M8 2.5l6 10.7H2zM8 6.5v3.2M8 11.3v.2',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  download: 'M8 2.5v7.5M4.8 7l3.2 3.2L11.2 7M3 13h10',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  folder: 'M2.5 4h4l1.3 1.5h5.7V12.5h-11z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false" style={{ flex: 'none' }}>
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
