/** Dialogs: a question before something is lost, and a drawer beside the work. Radix keeps and restores the focus. */
import { AlertDialog, Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { words } from '../words';
import { Button, IconButton } from './button';
import styles from './dialog.module.css';

interface ConfirmProps {
  title: string;
  text: string;
  yes: string;
  no: string;
  onYes: () => void;
  /** The button that opens it. */
  children: ReactNode;
}

export function Confirm({ title, text, yes, no, onYes, children }: ConfirmProps) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>{children}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={styles.veil} />
        <AlertDialog.Content className={styles.dialog}>
          <div className={styles.head}>
            <AlertDialog.Title>{title}</AlertDialog.Title>
          </div>
          <AlertDialog.Description className={styles.text}>{text}</AlertDialog.Description>
          <div className={styles.actions}>
            <AlertDialog.Cancel asChild>
              <Button>{no}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button look="danger" onClick={onYes}>
                {yes}
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

interface PanelProps {
  title: string;
  /** The button that opens it. */
  trigger: ReactNode;
  children: ReactNode;
  as?: 'drawer' | 'dialog';
}

export function Panel({ title, trigger, children, as = 'drawer' }: PanelProps) {
  return (
    <Dialog.Root>
      <Dialog.Trigger asChild>{trigger}</Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.veil} />
        <Dialog.Content className={styles[as]} aria-describedby={undefined}>
          <div className={styles.head}>
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton icon="close" label={words.shell.close} />
            </Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
