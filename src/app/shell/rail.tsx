/** Navigation: a rail at the side, a tab bar at the bottom of a narrow window. */
import { formatRoute, type Route, type Screen } from '../../store/route';
import { Icon } from '../parts/icon';
import { words } from '../words';
import { RailShare } from './rail-share';
import styles from './rail.module.css';

const PLACES: readonly {
  readonly route: Route;
  readonly icon: 'library' | 'inspect' | 'recipe' | 'run' | 'compare' | 'lesson';
}[] = [
  { route: { screen: 'library' }, icon: 'library' },
  { route: { screen: 'inspect', key: null, tensor: null }, icon: 'inspect' },
  { route: { screen: 'recipe' }, icon: 'recipe' },
  { route: { screen: 'run', id: null }, icon: 'run' },
  { route: { screen: 'compare', id: null }, icon: 'compare' },
  { route: { screen: 'lesson', id: null, query: '' }, icon: 'lesson' },
];

export function Rail({ screen }: { screen: Screen }) {
  return (
    <nav className={styles.rail} aria-label={words.shell.navigation}>
      <p className={styles.brand}>
        <span className={styles.mark} aria-hidden="true" />
        <span className={styles.brandName}>{words.shell.name}</span>
      </p>
      <ul className={styles.places}>
        {PLACES.map(({ route, icon }) => (
          <li key={icon}>
            <a
              className={styles.place}
              href={formatRoute(route)}
              aria-current={screen === route.screen ? 'page' : undefined}
            >
              <Icon name={icon} size={18} />
              <span>{words.shell.screens[icon]}</span>
            </a>
          </li>
        ))}
        <li>
          <RailShare className={styles.place} />
        </li>
      </ul>
    </nav>
  );
}
