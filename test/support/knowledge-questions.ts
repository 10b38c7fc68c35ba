/** Articles as an IT desk has them, and 40 questions as people type them, each with the article that is meant. */

export interface JudgedArticle {
  id: string;
  en?: readonly [title: string, body: string];
  ja?: readonly [title: string, body: string];
}

export const judgedArticles: readonly JudgedArticle[] = [
  {
    id: 'wifi',
    en: [
      'Wi-Fi disconnects on laptops',
      'Forget the network, restart the adapter, join again. Check the power saving of the radio.',
    ],
    ja: ['ノートパソコンの無線が切れる', 'ネットワークを削除し、アダプターを再起動してから接続し直します。'],
  },
  {
    id: 'vpn',
    en: [
      'VPN does not connect from home',
      'Check the clock, then the certificate. Ports 443 and 1194 have to be open.',
    ],
    ja: ['自宅から VPN に接続できない', '時刻と証明書を確認します。ポート 443 と 1194 が必要です。'],
  },
  {
    id: 'password',
    en: [
      'Reset a forgotten password',
      'Open the portal of the identity provider and choose the second way to prove who you are.',
    ],
    ja: ['パスワードを忘れたとき', 'ポータルで本人確認をして、新しいパスワードを設定します。'],
  },
  {
    id: 'locked',
    en: ['Account locked after too many attempts', 'Wait fifteen minutes, or ask the service desk to unlock it.'],
    ja: ['アカウントがロックされた', '15 分待つか、サービスデスクに解除を依頼します。'],
  },
  {
    id: 'paper-jam',
    en: ['Printer shows a paper jam', 'Open the rear cover, take the paper out, close it. Clean the roller.'],
    ja: ['プリンターの紙詰まり', '背面カバーを開けて紙を取り除き、ローラーを清掃します。'],
  },
  {
    id: 'toner',
    en: ['Replace the toner cartridge', 'Shake the new cartridge, pull the strip, insert it until it clicks.'],
    ja: ['トナーカートリッジの交換', '新しいカートリッジを振り、テープを引き抜いて差し込みます。'],
  },
  {
    id: 'add-printer',
    en: ['Add a network printer', 'Settings, printers, add by name. The driver is installed by itself.'],
    ja: ['ネットワークプリンターを追加する', '設定のプリンターから名前で追加します。ドライバーは自動で入ります。'],
  },
  {
    id: 'disk-full',
    en: [
      'Free disk space on a Linux server',
      'journalctl --vacuum-size=200M, then apt clean, then look with du for what is large.',
    ],
    ja: ['ディスクの空き容量を増やす', 'ログを削除し、キャッシュを消してから大きいファイルを探します。'],
  },
  {
    id: 'slow',
    en: ['Computer is slow after start', 'Look which programs start by themselves, and how much memory is free.'],
    ja: ['パソコンの起動が遅い', '自動で起動するプログラムとメモリの空きを確認します。'],
  },
  {
    id: 'frozen',
    en: ['Screen frozen, mouse does not move', 'Hold the power button for ten seconds. Send the log afterwards.'],
    ja: ['画面が固まって動かない', '電源ボタンを 10 秒押します。その後ログを送ってください。'],
  },
  {
    id: 'bluescreen',
    en: ['Blue screen with a stop code', 'Note the code, update the drivers, test the memory.'],
    ja: ['ブルースクリーンが出る', 'コードを控え、ドライバーを更新し、メモリを検査します。'],
  },
  {
    id: 'monitor',
    en: ['Second monitor is not detected', 'Try the other cable, then the key with the display sign.'],
    ja: ['外部モニターが認識されない', '別のケーブルを試し、表示切り替えのキーを押します。'],
  },
  {
    id: 'mail-send',
    en: ['Outlook does not send mail', 'The mailbox may be full. Work offline may be on.'],
    ja: ['メールが送信できない', 'メールボックスの容量とオフライン設定を確認します。'],
  },
  {
    id: 'phishing',
    en: [
      'Report a suspicious message',
      'Do not open links. Use the button for phishing, and call us if you typed your data.',
    ],
    ja: ['迷惑メールを報告する', 'リンクを開かず、報告ボタンを押します。入力した場合は電話してください。'],
  },
  {
    id: 'calendar',
    en: ['Share your calendar with colleagues', 'Right click, share, choose how much they may see.'],
    ja: ['予定表を同僚と共有する', '右クリックして共有し、見せる範囲を選びます。'],
  },
  {
    id: 'backup-failed',
    en: [
      'Backup failed: repository is locked',
      'restic unlock after you have made sure that no other run is going on.',
    ],
    ja: ['バックアップが失敗する', '他の実行がないことを確認してからロックを解除します。'],
  },
  {
    id: 'restore-file',
    en: ['Get back a deleted file', 'Previous versions of the folder, or the backup of last night.'],
    ja: ['削除したファイルを復元する', 'フォルダーの以前のバージョンか、昨夜のバックアップから戻します。'],
  },
  {
    id: 'certificate',
    en: ['Renew the TLS certificate of a web server', 'certbot renew, then reload nginx, then look at the date.'],
    ja: ['サーバー証明書の更新', '更新コマンドを実行し、ウェブサーバーを再読み込みします。'],
  },
  {
    id: 'dns',
    en: ['Names do not resolve in the office', 'Flush the cache, look at /etc/resolv.conf, ask the second server.'],
    ja: ['社内で名前解決ができない', 'キャッシュを消し、DNS サーバーの設定を確認します。'],
  },
  {
    id: 'updates',
    en: [
      'Windows update hangs at 30 percent',
      'Stop the service, empty SoftwareDistribution, start it again. Error 0x80070005 means rights.',
    ],
    ja: ['更新プログラムが途中で止まる', 'サービスを止め、フォルダーを空にしてから再開します。'],
  },
  {
    id: 'share',
    en: [
      'Map the shared folder of the file server',
      'Use the name of the share, not the address. Log in with your domain account.',
    ],
    ja: ['共有フォルダーに接続する', 'ファイルサーバーの共有名を使い、ドメインのアカウントで入ります。'],
  },
  {
    id: 'permission',
    en: ['Access denied to a folder', 'The owner of the folder decides. Ask for the group, not for yourself.'],
    ja: ['フォルダーへのアクセス権限を申請する', '所有者に、個人ではなくグループで申請します。'],
  },
  {
    id: 'mfa',
    en: ['New phone: move the authenticator', 'Log in with a recovery code, remove the old phone, scan the new code.'],
    ja: ['機種変更後の二要素認証', '回復コードで入り、古い電話を削除して新しいコードを読み取ります。'],
  },
  {
    id: 'onboarding',
    en: ['Prepare a workplace for a new employee', 'Account, laptop, badge, groups. Three working days before.'],
    ja: ['新入社員の準備', 'アカウント、パソコン、入館証、グループ。3 営業日前までに。'],
  },
  {
    id: 'battery',
    en: ['Laptop battery drains quickly', 'Look at the health of the battery. Below 60 percent it is replaced.'],
    ja: ['バッテリーの減りが早い', '電池の状態を確認します。60 % 未満なら交換します。'],
  },
  {
    id: 'headset',
    en: ['No sound in meetings with a headset', 'Choose the microphone and speaker in the settings of the meeting.'],
    ja: ['会議で音が出ない', '会議の設定でマイクとスピーカーを選びます。'],
  },
  {
    id: 'hot',
    en: [
      'Server room too hot',
      'Open the door of the rack, call the house technician, shut down the test machines first.',
    ],
    ja: ['サーバー室の温度が高い', 'ラックの扉を開け、設備担当に連絡し、試験機から停止します。'],
  },
  {
    id: 'license',
    en: ['Licence of the design program has expired', 'Sign out, sign in again. Ask for a seat when none is free.'],
    ja: ['ライセンスの有効期限が切れた', 'サインアウトして入り直します。空きがなければ依頼します。'],
  },
  {
    id: 'raid',
    en: ['Replace a failed disk in an array', 'mdadm --fail, --remove, change the drive, --add. Watch the rebuild.'],
    ja: ['アレイの故障ディスクを交換する', 'mdadm で外し、ドライブを交換して追加します。再構築を見守ります。'],
  },
  {
    id: 'postgres',
    en: [
      'PostgreSQL refuses connections: too many clients',
      'Look at pg_stat_activity, end idle ones, raise max_connections.',
    ],
    ja: ['データベースに接続できない', '待機中の接続を終了し、上限を引き上げます。'],
  },
];

/** What is typed, and the article that is meant: words, mistyped ones, other words, the other language, width and kana. */
export const questions: readonly (readonly [typed: string, id: string])[] = [
  ['wifi keeps dropping on my laptop', 'wifi'],
  ['wirless disconects', 'wifi'],
  ['無線が切れる', 'wifi'],
  ['vpn from home', 'vpn'],
  ['ＶＰＮにつながらない', 'vpn'],
  ['forgot my pasword', 'password'],
  ['パスワードわすれた', 'password'],
  ['ﾊﾟｽﾜｰﾄﾞを忘れました', 'password'],
  ['I am locked out', 'locked'],
  ['アカウントがロック', 'locked'],
  ['pritner jam', 'paper-jam'],
  ['プリンタの紙づまり', 'paper-jam'],
  ['ぷりんたー かみ 詰まり', 'paper-jam'],
  ['change ink', 'toner'],
  ['install printer', 'add-printer'],
  ['プリンタを追加したい', 'add-printer'],
  ['hdd full', 'disk-full'],
  ['ディスクがいっぱい', 'disk-full'],
  ['no space left', 'disk-full'],
  ['pc very sluggish', 'slow'],
  ['パソコンが重い', 'slow'],
  ['everything hangs, cursor stuck', 'frozen'],
  ['フリーズした', 'frozen'],
  ['bsod', 'bluescreen'],
  ['external display not recognised', 'monitor'],
  ['モニタが映らない', 'monitor'],
  ['cannot send e-mails', 'mail-send'],
  ['phising mail', 'phishing'],
  ['calender sharing', 'calendar'],
  ['restic repository locked', 'backup-failed'],
  ['recover deleted files', 'restore-file'],
  ['消したファイルを戻したい', 'restore-file'],
  ['ssl cert renewal', 'certificate'],
  ['名前解決できない', 'dns'],
  ['0x80070005', 'updates'],
  ['file share access', 'share'],
  ['2fa new smartphone', 'mfa'],
  ['二段階認証 スマホ変更', 'mfa'],
  ['onbording', 'onboarding'],
  ['サーバ室が暑い 温度', 'hot'],
];
