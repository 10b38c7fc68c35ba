/** The menu of saved views of a page, which takes it with one line; what is in it comes when it is first opened. */
import { useState } from 'preact/hooks';
import type { ViewPage } from '../../../shared/view.ts';
import { me } from '../net/session.ts';
import { navigate, path, search } from '../router.ts';
import { t } from '../words/words.ts';
import { Late } from './late.tsx';
import { Menu } from './menu.tsx';

const load = () => import('./views-menu.tsx').then(({ ViewsMenu }) => ViewsMenu);

/** A page that is opened without anything in its address shows the view that was chosen for that. Before what it loads. */
export function useStartView(page: ViewPage): void {
  useState(() => {
    const start = search.peek() === '' ? me.peek()?.starts[page] : undefined;
    if (start) navigate(`${path.peek()}?${start}`, { replace: true });
  });
}

interface ViewsProps {
  page: ViewPage;
  /** What this browser shows besides what stands in the address. */
  beside?: Readonly<Record<string, string>>;
}

export const Views = ({ page, beside = {} }: ViewsProps) => (
  <Menu name={t('common.views')}>{(onClose) => <Late load={load} props={{ page, beside, onClose }} />}</Menu>
);
