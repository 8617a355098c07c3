/** Buttons. The look says how much the action weighs; the words are verbs. */
import type { ComponentProps } from 'react';
import { Icon, type IconName } from './icon';
import styles from './button.module.css';

interface Look {
  look?: 'plain' | 'primary' | 'quiet' | 'danger';
  small?: boolean;
  icon?: IconName;
}

export function Button({
  look = 'plain',
  small = false,
  icon,
  className,
  children,
  ...rest
}: ComponentProps<'button'> & Look) {
  return (
    <button type="button" className={classes(look, small, className)} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link that looks like a button: for going somewhere. */
export function LinkButton({
  look = 'plain',
  small = false,
  icon,
  className,
  children,
  ...rest
}: ComponentProps<'a'> & Look) {
  return (
    <a className={classes(look, small, className)} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

/** A button that shows only an icon; the label is its name and its tooltip. */
export function IconButton({
  icon,
  label,
  className,
  ...rest
}: ComponentProps<'button'> & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      className={`${styles.button} ${styles.icon} ${className ?? ''}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}

function classes(look: NonNullable<Look['look']>, small: boolean, extra: string | undefined): string {
  return [styles.button, look === 'plain' ? '' : styles[look], small ? styles.small : '', extra ?? ''].join(' ').trim();
}
