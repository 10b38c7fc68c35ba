/** Shown in place of any page to whoever must have a second factor and has none yet. */
import { LoggedOut } from '../logged-out.tsx';
import { askMe, logOut } from '../net/session.ts';
import { t } from '../words/words.ts';
import { OwnFactor } from './settings/factor.tsx';

export function FactorNeededPage() {
  return (
    <LoggedOut>
      <section class="box">
        <div class="box-body stack">
          <h1 tabIndex={-1}>{t('factor.needed')}</h1>
          <p>{t('factor.neededWhy')}</p>
          <OwnFactor onKept={() => void askMe()} />
          <button type="button" class="link" onClick={() => void logOut()}>
            {t('shell.logOut')}
          </button>
        </div>
      </section>
    </LoggedOut>
  );
}
