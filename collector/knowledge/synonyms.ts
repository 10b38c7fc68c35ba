/**
 * Words of IT that mean the same, in English and Japanese: who types one finds texts with the others. One more: a word in its line,
 * or a line. Of Japanese verbs the part that does not change, as in 繋が for 繋がる and 繋がらない.
 */
import { foldedKana, runsOf, wordsOf } from './terms.ts';

const lines = [
  'wifi | wlan | wireless | 無線 | ワイファイ',
  'vpn | 仮想プライベート | リモート接続 | remote access',
  'password | passwd | passphrase | パスワード | 暗証番号',
  'login | log in | log on | logon | sign in | signin | ログイン | ログオン | サインイン',
  'logout | log out | sign out | ログアウト | サインアウト',
  'locked | lockout | locked out | ロック | 締め出',
  'printer | print | プリンタ | 印刷',
  'scanner | scan | スキャン | スキャナ',
  'paper jam | 紙詰まり | 紙づまり',
  'toner | cartridge | ink | トナー | インク | カートリッジ',
  'screen | monitor | display | 画面 | モニタ | ディスプレイ',
  'projector | beamer | プロジェクタ',
  'keyboard | キーボード',
  'mouse | マウス',
  'headset | headphones | microphone | mic | ヘッドセット | マイク',
  'camera | webcam | カメラ',
  'laptop | notebook | ノートパソコン | ノートpc',
  'computer | pc | workstation | パソコン | コンピュータ',
  'phone | smartphone | mobile | スマホ | スマートフォン | 携帯',
  'mail | email | e-mail | メール | 電子メール',
  'mailbox | inbox | メールボックス | 受信箱',
  'spam | junk | phishing | 迷惑メール | フィッシング',
  'calendar | カレンダー | 予定表',
  'meeting | conference | 会議 | ミーティング',
  'disk | drive | hdd | ssd | storage | ディスク | ドライブ | ストレージ',
  'full | no space | out of space | 満杯 | いっぱい | 容量不足 | 空き容量',
  'memory | ram | メモリ',
  'cpu | processor | プロセッサ',
  'slow | sluggish | lag | 遅い | 遅く | おそい | 重い',
  'freeze | frozen | hang | stuck | unresponsive | not responding | 固ま | フリーズ | 応答なし | 動かない | うごかない',
  'crash | bluescreen | blue screen | bsod | クラッシュ | ブルースクリーン | 異常終了',
  'restart | reboot | 再起動',
  'start | boot | startup | 起動',
  'shutdown | shut down | power off | シャットダウン | 電源を切',
  'battery | バッテリ | 電池',
  'charger | power supply | 充電 | アダプタ',
  'backup | back up | バックアップ',
  'restore | recover | recovery | 復元 | 復旧 | リストア',
  'update | patch | upgrade | アップデート | 更新 | パッチ',
  'install | setup | set up | インストール | セットアップ | 導入',
  'uninstall | remove | アンインストール | 削除',
  'license | licence | ライセンス',
  'network | lan | ethernet | ネットワーク | 有線',
  'internet | web | online | インターネット | ネット',
  'connect | connection | 接続 | 繋が | つなが',
  'share | shared folder | smb | samba | 共有 | 共有フォルダ',
  'file server | fileserver | ファイルサーバ',
  'server | サーバ',
  'firewall | ファイアウォール',
  'certificate | cert | 証明書',
  'expired | expire | 期限切れ | 失効 | 有効期限',
  'virus | malware | trojan | ransomware | ウイルス | マルウェア | ランサムウェア',
  'antivirus | ウイルス対策 | アンチウイルス',
  'browser | chrome | edge | firefox | ブラウザ',
  'permission | access denied | denied | forbidden | 権限 | アクセス拒否',
  'account | user | アカウント | ユーザ',
  'two factor | 2fa | mfa | otp | authenticator | 二要素 | 二段階 | 多要素 | ワンタイム',
  'sync | synchronize | 同期',
  'clock | time | ntp | 時刻 | 時計',
  'dns | name resolution | 名前解決',
  'database | db | postgres | データベース',
  'log | logs | logrotate | ログファイル',
  'temperature | overheat | hot | 温度 | 過熱 | 発熱',
  'fan | noise | ファン | 騒音 | うるさい',
  'sound | audio | speaker | 音 | 音声 | スピーカ',
  'service | daemon | サービス',
  'driver | ドライバ',
  'error | failure | failed | エラー | 失敗 | 障害',
  'order | request | 申請 | 依頼',
  'new employee | onboarding | joiner | 新入社員 | 入社',
  'leaver | offboarding | 退職',
];

/** As it is looked up: words of a line with spaces between their stems; Japanese as one run. */
export const sequenceOf = (text: string): string =>
  runsOf(text)
    .map(({ text: run, isCjk }) => (isCjk ? foldedKana(run) : (wordsOf(run)[0] ?? '')))
    .join(' ');

/** By each word of a line the others. */
function othersIn(all: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const others = new Map<string, Set<string>>();
  for (const words of all.map((line) => line.split(' | ')))
    for (const one of words) {
      const key = sequenceOf(one);
      const of = others.get(key) ?? new Set<string>();
      for (const other of words) if (sequenceOf(other) !== key) of.add(other);
      others.set(key, of);
    }
  return others;
}
const others = othersIn(lines);

/** What else it may be called; none of a word that stands in no line. @param sequence see `sequenceOf` */
export const synonymsOf = (sequence: string): readonly string[] => [...(others.get(sequence) ?? [])];

/** Japanese ones, the longest first: they are found inside of a run. */
export const japanese: readonly string[] = [...others.keys()]
  .filter((key) => /^[^\x20-\x7e]{2,}$/.test(key))
  .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
