BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE alerts (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	text TEXT NOT NULL, 
	noted DATETIME NOT NULL, 
	not_before DATETIME NOT NULL, 
	tries INTEGER NOT NULL, 
	sent DATETIME, 
	CONSTRAINT pk_alerts PRIMARY KEY (id), 
	CONSTRAINT uq_alerts_key_channel UNIQUE ("key", channel)
);
CREATE TABLE approvals (
	id INTEGER NOT NULL, 
	campaign TEXT NOT NULL, 
	post TEXT NOT NULL, 
	account TEXT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	content TEXT NOT NULL, 
	frequency TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	entry INTEGER, user INTEGER, 
	CONSTRAINT pk_approvals PRIMARY KEY (id), 
	CONSTRAINT uq_approvals_campaign_post_account_digest_who UNIQUE (campaign, post, account, digest, who)
);
INSERT INTO "approvals" VALUES(1,'careful','approved','our-x','e6e1bc17fc3a8379d2c65ff78930abff3cff29e22999f899e7e50f0f27a9e67f','{"parts": [{"media": [], "poll": null, "text": "approved."}], "reply_settings": null}','once','Ana','2026-11-30 18:12:36.401897',15,NULL);
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	delivery INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	part INTEGER NOT NULL, 
	fence INTEGER NOT NULL, 
	owner TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	payload_sha256 VARCHAR(64) NOT NULL, 
	reply_to TEXT, 
	opened DATETIME NOT NULL, 
	closed DATETIME, 
	outcome VARCHAR(16), 
	detail TEXT NOT NULL, 
	status INTEGER, 
	CONSTRAINT pk_attempts PRIMARY KEY (id), 
	CONSTRAINT fk_attempts_delivery FOREIGN KEY(delivery) REFERENCES deliveries (id)
);
INSERT INTO "attempts" VALUES(1,1,'our-x',0,1,'server/25335/20261130T151224.563886','{"text":"Stop it now."}','410d6ac69c67dcb568118b3e5d71be821f14b64e2933ec6e5429d36ec33658a7',NULL,'2026-11-30 15:12:25.182570','2026-11-30 15:12:25.228621','published','http://127.0.0.1:35653/our_name/status/2127420490782867456',NULL);
INSERT INTO "attempts" VALUES(2,2,'our-x',0,1,'server/25335/20261130T151224.563886','{"text":"The first part."}','bec7b2c1b2de3db900301056b6d78f0b2c2ef91b800bc732d2451d1f4b4708cd',NULL,'2026-11-30 15:12:25.260236','2026-11-30 15:12:25.275550','published','http://127.0.0.1:35653/our_name/status/2127420491005165568',NULL);
INSERT INTO "attempts" VALUES(3,2,'our-x',1,2,'server/25335/20261130T151224.563886','{"reply":{"in_reply_to_tweet_id":"2127420491005165568"},"text":"The second part."}','deefa11929cc93935d3c6596d21c168d81e17a50fb630dab58a60c2cc39486b1','2127420491005165568','2026-11-30 15:12:25.283204','2026-11-30 15:12:25.290519','published','http://127.0.0.1:35653/our_name/status/2127420491059691520',NULL);
INSERT INTO "attempts" VALUES(4,3,'our-x',0,1,'server/25517/20261130T181228.290688','{"text":"Who pays for it?"}','ca642a319a03c458001350fe5e78adc913923466ae745b4fd6c4d2d1f506ea1b',NULL,'2026-11-30 18:12:28.997186','2026-11-30 18:12:29.029042','unknown','the request may have left, and no answer arrived from 127.0.0.1:35653 (Remote end closed connection without response)',NULL);
INSERT INTO "attempts" VALUES(5,10,'our-x',0,1,'server/25926/20261130T181237.651849','{"text":"A post of the journal."}','72fb3a6edae4a72e26270a82cabe9beefb38ed4ff6b69860051fec2c08632f7f',NULL,'2026-11-30 18:12:38.223533',NULL,NULL,'',NULL);
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	who TEXT NOT NULL, 
	what TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT uq_audit_hash UNIQUE (hash)
);
INSERT INTO "audit" VALUES(1,'2026-11-30 15:12:24.564425','server/25335/20261130T151224.563886','started','','{"version": "0.1.0"}','0000000000000000000000000000000000000000000000000000000000000000','62e23c3c7f8d8e34228c8e536996600e6fa42109d59d191d6243da2d9ab55a6c');
INSERT INTO "audit" VALUES(2,'2026-11-30 15:12:24.915078','groundswell','plan','','{"added": {"count": 2, "keys": ["ours/out/our-x/once", "ours/thread/our-x/once"], "posts": 2}}','62e23c3c7f8d8e34228c8e536996600e6fa42109d59d191d6243da2d9ab55a6c','c8a62fe12a067d390205e5c7567695ec3ea7468193e243d6a1916cddbe3f5584');
INSERT INTO "audit" VALUES(3,'2026-11-30 15:12:25.315412','server/25335/20261130T151224.563886','stopped','','{}','c8a62fe12a067d390205e5c7567695ec3ea7468193e243d6a1916cddbe3f5584','9b16826598b9f76ff3d1d5aeb4aa01ee8e19f50d04e8b1776539f69848c7d659');
INSERT INTO "audit" VALUES(4,'2026-11-30 18:12:26.510082','server/25469/20261130T181226.509701','started','','{"version": "0.1.0"}','9b16826598b9f76ff3d1d5aeb4aa01ee8e19f50d04e8b1776539f69848c7d659','a7d00561f841f26b1068ce441de0ee2afe828a32b53a70dbcb3588f3a3dbf143');
INSERT INTO "audit" VALUES(5,'2026-11-30 18:12:27.082004','server/25469/20261130T181226.509701','stopped','','{}','a7d00561f841f26b1068ce441de0ee2afe828a32b53a70dbcb3588f3a3dbf143','5bc1414f53b26207a0180ac9daa6e8e505a2c86e2dca842f662b5c703982e6ec');
INSERT INTO "audit" VALUES(6,'2026-11-30 18:12:28.291126','server/25517/20261130T181228.290688','started','','{"version": "0.1.0"}','5bc1414f53b26207a0180ac9daa6e8e505a2c86e2dca842f662b5c703982e6ec','b5a9c573673ca88118f84cb5b51b35b8a57d55e16a33e85e7c90adb1ac64a8a1');
INSERT INTO "audit" VALUES(7,'2026-11-30 18:12:28.634982','groundswell','plan','','{"added": {"count": 7, "keys": ["ours/doubtful/our-x/once", "ours/asked/our-x/once", "careful/approved/our-x/once", "careful/waiting/our-x/once", "ours/dropped/our-x/once", "ours/refused/our-x/once", "ours/queued/our-x/once"], "posts": 7}}','b5a9c573673ca88118f84cb5b51b35b8a57d55e16a33e85e7c90adb1ac64a8a1','78316632e5211fe9396c93acb79d817728ad7f69f71ed23859df497bd46e2f72');
INSERT INTO "audit" VALUES(8,'2026-11-30 18:12:29.029042','groundswell','needs_human','ours/asked/our-x/once','{"state": "needs_human", "why": "the account has said the same as ours/out (http://127.0.0.1:35653/our_name/status/2127420490782867456); a renamed post?"}','78316632e5211fe9396c93acb79d817728ad7f69f71ed23859df497bd46e2f72','aed3344237e39f3405a3d3e597f0cfe3b9b8eb8000bdf776ce6d93766b3d051e');
INSERT INTO "audit" VALUES(9,'2026-11-30 18:12:29.045787','server/25517/20261130T181228.290688','stopped','','{}','aed3344237e39f3405a3d3e597f0cfe3b9b8eb8000bdf776ce6d93766b3d051e','f490c3801977ba317896b44ae372f41516659ec593af3443a13d307f1e9c846a');
INSERT INTO "audit" VALUES(10,'2026-11-30 18:12:30.569825','Root','user added','Ana','{"accounts": null, "campaigns": null, "password": true, "role": "approve"}','f490c3801977ba317896b44ae372f41516659ec593af3443a13d307f1e9c846a','e7202616df27908330ece275451e07237276fdeb596e5305bd9206f6e71451a5');
INSERT INTO "audit" VALUES(11,'2026-11-30 18:12:32.250542','Root','user added','Ben','{"accounts": null, "campaigns": null, "password": true, "role": "admin"}','e7202616df27908330ece275451e07237276fdeb596e5305bd9206f6e71451a5','9e20d962a2bca92ceac611b5a10549e43acbf62b3bd663429f776cd3cd9a73e0');
INSERT INTO "audit" VALUES(12,'2026-11-30 18:12:33.507601','Root','user removed','Ben','{}','9e20d962a2bca92ceac611b5a10549e43acbf62b3bd663429f776cd3cd9a73e0','f5fa9c9c6fa5ccb9e3be84b7d4cf95e53bace1b37d7a7757f5a08a901c0224a0');
INSERT INTO "audit" VALUES(13,'2026-11-30 18:12:34.673747','Ana','drop','ours/dropped/our-x/once','{"state": "scheduled"}','f5fa9c9c6fa5ccb9e3be84b7d4cf95e53bace1b37d7a7757f5a08a901c0224a0','35cf6e2e03015bb81de81a6efe7729b3563a105bef7116bf2191c0cd0b4fc61f');
INSERT INTO "audit" VALUES(14,'2026-11-30 18:12:35.637845','Ana','refuse','ours/refused/our-x','{"digest": "62a6d4a5932f026c66836a9bda82b776c5d67dcc5081c09feaae838d6ef62d31", "why": "The figure is old."}','35cf6e2e03015bb81de81a6efe7729b3563a105bef7116bf2191c0cd0b4fc61f','74bae8d82d218761430e0e49d7cc1c5da2f4f7f037971fed90714e0d9b562d94');
INSERT INTO "audit" VALUES(15,'2026-11-30 18:12:36.401897','Ana','approve','careful/approved/our-x','{"digest": "e6e1bc17fc3a8379d2c65ff78930abff3cff29e22999f899e7e50f0f27a9e67f", "frequency": "once"}','74bae8d82d218761430e0e49d7cc1c5da2f4f7f037971fed90714e0d9b562d94','0cadd62772e8e40edb8d753eb9fbbb070862a39d219cb8652ca8a5f675d726d3');
INSERT INTO "audit" VALUES(16,'2026-11-30 18:12:36.947097','Ana','pause','campaign careful','{"why": "the hearing is postponed"}','0cadd62772e8e40edb8d753eb9fbbb070862a39d219cb8652ca8a5f675d726d3','60f3bf84cad7e624aac6c94abf8664866e7f50f50a5fe20a5ee5bf21a6419df0');
INSERT INTO "audit" VALUES(17,'2026-11-30 18:12:37.652146','server/25926/20261130T181237.651849','started','','{"version": "0.1.0"}','60f3bf84cad7e624aac6c94abf8664866e7f50f50a5fe20a5ee5bf21a6419df0','8d1e4d7ae709915906c38c6c47d025c20a378208ca329c8143b20e36b262d2a7');
INSERT INTO "audit" VALUES(18,'2026-11-30 18:12:37.850786','groundswell','plan','','{"added": {"count": 1, "keys": ["ours/journaled/our-x/once"], "posts": 1}}','8d1e4d7ae709915906c38c6c47d025c20a378208ca329c8143b20e36b262d2a7','12a1168b10eea91c005c11a26f8e0d6e75da058b89af868de4fa0e42f2d11fc1');
CREATE TABLE billed (
	id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	resource TEXT NOT NULL, 
	CONSTRAINT pk_billed PRIMARY KEY (id), 
	CONSTRAINT uq_billed_account_day_resource UNIQUE (account, day, resource)
);
INSERT INTO "billed" VALUES(1,'our-x','2026-11-30','user 150887774123256');
INSERT INTO "billed" VALUES(2,'our-x','2026-11-30','2127420490782867456');
INSERT INTO "billed" VALUES(3,'our-x','2026-11-30','2127420491005165568');
INSERT INTO "billed" VALUES(4,'our-x','2026-11-30','2127420491059691520');
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	campaign TEXT NOT NULL, 
	post TEXT NOT NULL, 
	demand TEXT, 
	event TEXT, 
	account TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	label TEXT NOT NULL, 
	due DATETIME NOT NULL, 
	timezone TEXT NOT NULL, 
	grace BIGINT NOT NULL, 
	expires DATETIME, 
	content TEXT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	words VARCHAR(64) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	not_before DATETIME NOT NULL, 
	next_part INTEGER NOT NULL, 
	fence INTEGER NOT NULL, 
	owner TEXT, 
	lease_until DATETIME, 
	tries INTEGER NOT NULL, 
	resends INTEGER NOT NULL, 
	allowed BOOLEAN NOT NULL, 
	absent BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	wording TEXT NOT NULL, 
	embargo DATETIME, 
	stale_from DATETIME, 
	approvals INTEGER NOT NULL, 
	author TEXT, 
	kind VARCHAR(16) NOT NULL, 
	frequency TEXT NOT NULL, 
	created DATETIME NOT NULL, 
	changed DATETIME NOT NULL, left_files DATETIME, parts INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT uq_deliveries_key UNIQUE ("key")
);
INSERT INTO "deliveries" VALUES(1,'ours/out/our-x/once','ours','out',NULL,NULL,'our-x','x','once','2026-11-30 15:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "Stop it now."}], "reply_settings": null}','4811646221a149529ce046b6087999b1f5431404e55849ea624388569576bd42','352eded785099574c85df017a237c7b9452e8bad7c1cf0a1ab583540404cd194','published','2026-11-30 15:12:00.000000',1,1,NULL,NULL,0,0,0,0,'','',NULL,NULL,0,NULL,'at','once','2026-11-30 15:12:24.915078','2026-11-30 15:12:25.228621',NULL,1);
INSERT INTO "deliveries" VALUES(2,'ours/thread/our-x/once','ours','thread',NULL,NULL,'our-x','x','once','2026-11-30 15:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "The first part."}, {"media": [], "poll": null, "text": "The second part."}], "reply_settings": null}','c5e2c3d60269f64fd25e146c73185fc30854443405e89408e26a424793844407','2fdc718602231f12dbfde26e1d40720215fbb7b24175c772f674a40587f2ccf5','published','2026-11-30 15:12:25.275475',2,2,NULL,NULL,0,0,0,0,'','',NULL,NULL,0,NULL,'at','once','2026-11-30 15:12:24.915078','2026-11-30 15:12:25.290519',NULL,2);
INSERT INTO "deliveries" VALUES(3,'ours/doubtful/our-x/once','ours','doubtful',NULL,NULL,'our-x','x','once','2026-11-30 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "Who pays for it?"}], "reply_settings": null}','508dc593ac4ba1d9f318ae62b5fff2c3e029fb064092fa7b8d8d9103064c1071','dd3a6d0cef711ec693e64a5e55731ebde6198bb085793347f0a1d0fc6cbae6aa','unknown','2026-11-30 18:12:44.028951',0,1,NULL,NULL,0,0,0,0,'the request may have left, and no answer arrived from 127.0.0.1:35653 (Remote end closed connection without response)','',NULL,NULL,0,NULL,'at','once','2026-11-30 18:12:28.634982','2026-11-30 18:12:29.029042',NULL,1);
INSERT INTO "deliveries" VALUES(4,'ours/asked/our-x/once','ours','asked',NULL,NULL,'our-x','x','once','2026-11-30 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "Stop it now."}], "reply_settings": null}','4811646221a149529ce046b6087999b1f5431404e55849ea624388569576bd42','352eded785099574c85df017a237c7b9452e8bad7c1cf0a1ab583540404cd194','needs_human','2026-11-30 18:12:00.000000',0,0,NULL,NULL,0,0,0,0,'the account has said the same as ours/out (http://127.0.0.1:35653/our_name/status/2127420490782867456); a renamed post?','',NULL,NULL,0,NULL,'at','once','2026-11-30 18:12:28.634982','2026-11-30 18:12:29.029042',NULL,1);
INSERT INTO "deliveries" VALUES(5,'careful/approved/our-x/once','careful','approved',NULL,NULL,'our-x','x','once','2026-12-02 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "approved."}], "reply_settings": null}','ba0dfb881d27300c384fa2d6557aeee48b08bfb4f378e59493dbbce6258ccbe2','2687f86ed6784b8a5fca36e6c468e12aa44dc3c7e8137e3160d1a95079bdcd02','scheduled','2026-12-02 18:12:00.000000',0,0,NULL,NULL,0,0,0,0,'','',NULL,NULL,1,NULL,'at','once','2026-11-30 18:12:28.634982','2026-11-30 18:12:28.634982',NULL,1);
INSERT INTO "deliveries" VALUES(6,'careful/waiting/our-x/once','careful','waiting',NULL,NULL,'our-x','x','once','2026-12-02 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "waiting."}], "reply_settings": null}','de0a63930fac36c3d6e196ec4c82ea4f3f6314f6b445a6267d81221bee5eea94','80cfa3e7f28dde4df64436b652230aff28d7779116d1369c21ef2bbf37261d71','scheduled','2026-12-02 18:12:00.000000',0,0,NULL,NULL,0,0,0,0,'','',NULL,NULL,1,NULL,'at','once','2026-11-30 18:12:28.634982','2026-11-30 18:12:28.634982',NULL,1);
INSERT INTO "deliveries" VALUES(7,'ours/dropped/our-x/once','ours','dropped',NULL,NULL,'our-x','x','once','2026-12-02 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "A post dropped."}], "reply_settings": null}','0426efb14db762723a3d14f145bd1b632c17b81605f43af1133d826f304e6381','2042cf77c4f0eaa206f21922deccb9db58ad907d1d40a343a0bf99e341cc4cb4','dropped','2026-12-02 18:12:00.000000',0,0,NULL,NULL,0,0,0,0,'dropped by Ana','',NULL,NULL,0,NULL,'at','once','2026-11-30 18:12:28.634982','2026-11-30 18:12:34.673747',NULL,1);
INSERT INTO "deliveries" VALUES(8,'ours/refused/our-x/once','ours','refused',NULL,NULL,'our-x','x','once','2026-12-02 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "A post refused."}], "reply_settings": null}','666791a6556d46b7debcb6fce980b6aa3e699ebc16d635896245b28d628e3711','22271e817a1d5e26583cfcc66b26b1af0e51d91ce87e88ce512507b846d5cffc','scheduled','2026-12-02 18:12:00.000000',0,0,NULL,NULL,0,0,0,0,'','',NULL,NULL,0,NULL,'at','once','2026-11-30 18:12:28.634982','2026-11-30 18:12:28.634982',NULL,1);
INSERT INTO "deliveries" VALUES(9,'ours/queued/our-x/once','ours','queued',NULL,NULL,'our-x','x','once','2026-12-03 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "A post that waits."}], "reply_settings": null}','d6c262c61faf7be0bc274abfae034f44e659a2ea66eb283cefbe3c7a0945942b','396813d52c7f4df20dd7f56b0d268efc93f9a6c4513bd27279758ead0c70b322','scheduled','2026-12-03 18:12:00.000000',0,0,NULL,NULL,0,0,0,0,'','',NULL,NULL,0,NULL,'at','once','2026-11-30 18:12:28.634982','2026-11-30 18:12:28.634982',NULL,1);
INSERT INTO "deliveries" VALUES(10,'ours/journaled/our-x/once','ours','journaled',NULL,NULL,'our-x','x','once','2026-11-30 18:12:00.000000','UTC',900000000,NULL,'{"parts": [{"media": [], "poll": null, "text": "A post of the journal."}], "reply_settings": null}','430ad816bb57f745432afa195e8cfeecc7bcba4c4bebe11e879e7f616d70fccd','e08673f626c24352bf6273df01bf0acf7968a128559894f3a65b305810d83efa','sending','2026-11-30 18:12:00.000000',0,1,'server/25926/20261130T181237.651849','2026-11-30 18:14:08.224819',0,0,0,0,'','',NULL,NULL,0,NULL,'at','once','2026-11-30 18:12:37.850786','2026-11-30 18:12:38.223533',NULL,1);
CREATE TABLE feeds (
	id INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	user INTEGER NOT NULL, 
	made DATETIME NOT NULL, 
	ended DATETIME, 
	CONSTRAINT pk_feeds PRIMARY KEY (id), 
	CONSTRAINT uq_feeds_hash UNIQUE (hash), 
	CONSTRAINT fk_feeds_user FOREIGN KEY(user) REFERENCES users (id)
);
CREATE TABLE latest (
	publication INTEGER NOT NULL, 
	read DATETIME NOT NULL, 
	impressions BIGINT, 
	likes BIGINT, 
	reposts BIGINT, 
	quotes BIGINT, 
	replies BIGINT, 
	bookmarks BIGINT, 
	link_clicks BIGINT, 
	profile_clicks BIGINT, 
	fell TEXT NOT NULL, 
	CONSTRAINT pk_latest PRIMARY KEY (publication), 
	CONSTRAINT fk_latest_publication FOREIGN KEY(publication) REFERENCES publications (id)
);
INSERT INTO "latest" VALUES(1,'2026-11-30 18:12:27.055857',17840,119,80,3,8,20,0,23,'');
INSERT INTO "latest" VALUES(2,'2026-11-30 18:12:27.055857',5606,83,23,3,8,6,0,9,'');
INSERT INTO "latest" VALUES(3,'2026-11-30 18:12:27.055857',1752,12,2,0,2,1,0,0,'');
CREATE TABLE login_links (
	id INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	user INTEGER NOT NULL, 
	made DATETIME NOT NULL, 
	ended DATETIME, 
	CONSTRAINT pk_login_links PRIMARY KEY (id), 
	CONSTRAINT uq_login_links_hash UNIQUE (hash), 
	CONSTRAINT fk_login_links_user FOREIGN KEY(user) REFERENCES users (id)
);
CREATE TABLE looks (
	id INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	readable INTEGER NOT NULL, 
	matches TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	CONSTRAINT pk_looks PRIMARY KEY (id), 
	CONSTRAINT fk_looks_attempt FOREIGN KEY(attempt) REFERENCES attempts (id)
);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value JSON NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('audit','{"count": 18, "hash": "12a1168b10eea91c005c11a26f8e0d6e75da058b89af868de4fa0e42f2d11fc1"}');
INSERT INTO "meta" VALUES('slots:accounts','["our-x"]');
INSERT INTO "meta" VALUES('configs','{"/tmp/campaign/config.yaml": {"our-x": {"platform": "x", "may_mention": [], "require_approval": 0, "disclosed_at": null}}}');
INSERT INTO "meta" VALUES('identity:our-x','{"platform": "x", "id": "150887774123256", "handle": "our_name", "in_sandbox": true}');
INSERT INTO "meta" VALUES('voices',3);
INSERT INTO "meta" VALUES('instance','"606aab75236846f8a8143471100b7cc9"');
INSERT INTO "meta" VALUES('generation',10);
INSERT INTO "meta" VALUES('floors','{"careful": {"needed": 1, "asked": 1, "place": "posts/careful.yaml:5"}}');
INSERT INTO "meta" VALUES('name_key','"58b15e19e4d63d302aadc2bf0324137d9a94da161dbc153aa31a6441e522ee4a"');
INSERT INTO "meta" VALUES('refusals',1);
INSERT INTO "meta" VALUES('refused','["ours/refused/our-x"]');
CREATE TABLE pauses (
	id INTEGER NOT NULL, 
	scope VARCHAR(16) NOT NULL, 
	name TEXT NOT NULL, 
	why TEXT NOT NULL, 
	who TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	lifted DATETIME, 
	lifted_by TEXT, 
	cause VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_pauses PRIMARY KEY (id)
);
INSERT INTO "pauses" VALUES(1,'campaign','careful','the hearing is postponed','Ana','2026-11-30 18:12:36.947097',NULL,NULL,'person');
CREATE TABLE poll_votes (
	publication INTEGER NOT NULL, 
	option INTEGER NOT NULL, 
	votes BIGINT NOT NULL, 
	read DATETIME NOT NULL, 
	closed BOOLEAN NOT NULL, 
	CONSTRAINT pk_poll_votes PRIMARY KEY (publication, option), 
	CONSTRAINT fk_poll_votes_publication FOREIGN KEY(publication) REFERENCES publications (id)
);
CREATE TABLE publications (
	id INTEGER NOT NULL, 
	delivery INTEGER NOT NULL, 
	part INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	remote_id TEXT NOT NULL, 
	url TEXT NOT NULL, 
	reply TEXT NOT NULL, 
	published DATETIME NOT NULL, 
	gone DATETIME, 
	next_read DATETIME, 
	CONSTRAINT pk_publications PRIMARY KEY (id), 
	CONSTRAINT uq_publications_account_remote_id UNIQUE (account, remote_id), 
	CONSTRAINT uq_publications_delivery_part UNIQUE (delivery, part), 
	CONSTRAINT fk_publications_delivery FOREIGN KEY(delivery) REFERENCES deliveries (id)
);
INSERT INTO "publications" VALUES(1,1,0,'our-x','2127420490782867456','http://127.0.0.1:35653/our_name/status/2127420490782867456','2127420490782867456','2026-11-30 15:12:25.228463',NULL,'2026-11-30 19:12:27.055857');
INSERT INTO "publications" VALUES(2,2,0,'our-x','2127420491005165568','http://127.0.0.1:35653/our_name/status/2127420491005165568','2127420491005165568','2026-11-30 15:12:25.275410',NULL,'2026-11-30 19:12:27.055857');
INSERT INTO "publications" VALUES(3,2,1,'our-x','2127420491059691520','http://127.0.0.1:35653/our_name/status/2127420491059691520','2127420491059691520','2026-11-30 15:12:25.287948',NULL,'2026-11-30 19:12:27.055857');
CREATE TABLE sessions (
	id INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	user INTEGER NOT NULL, 
	opened DATETIME NOT NULL, 
	seen DATETIME NOT NULL, 
	address TEXT NOT NULL, 
	ended DATETIME, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT uq_sessions_hash UNIQUE (hash), 
	CONSTRAINT fk_sessions_user FOREIGN KEY(user) REFERENCES users (id)
);
CREATE TABLE snapshots (
	id INTEGER NOT NULL, 
	publication INTEGER NOT NULL, 
	read DATETIME NOT NULL, 
	impressions BIGINT, 
	likes BIGINT, 
	reposts BIGINT, 
	quotes BIGINT, 
	replies BIGINT, 
	bookmarks BIGINT, 
	link_clicks BIGINT, 
	profile_clicks BIGINT, 
	CONSTRAINT pk_snapshots PRIMARY KEY (id), 
	CONSTRAINT fk_snapshots_publication FOREIGN KEY(publication) REFERENCES publications (id)
);
INSERT INTO "snapshots" VALUES(1,1,'2026-11-30 18:12:27.055857',17840,119,80,3,8,20,0,23);
INSERT INTO "snapshots" VALUES(2,2,'2026-11-30 18:12:27.055857',5606,83,23,3,8,6,0,9);
INSERT INTO "snapshots" VALUES(3,3,'2026-11-30 18:12:27.055857',1752,12,2,0,2,1,0,0);
CREATE TABLE spending (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	account TEXT NOT NULL, 
	campaign TEXT, 
	item TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	dollars BIGINT NOT NULL, 
	CONSTRAINT pk_spending PRIMARY KEY (id)
);
INSERT INTO "spending" VALUES(1,'2026-11-30 15:12:25.101537','our-x',NULL,'user_read',1,10000);
INSERT INTO "spending" VALUES(2,'2026-11-30 15:12:25.216340','our-x','ours','post',1,15000);
INSERT INTO "spending" VALUES(3,'2026-11-30 15:12:25.250905','our-x',NULL,'owned_read',1,1000);
INSERT INTO "spending" VALUES(4,'2026-11-30 15:12:25.272066','our-x','ours','post',1,15000);
INSERT INTO "spending" VALUES(5,'2026-11-30 15:12:25.282318','our-x',NULL,'owned_read',1,1000);
INSERT INTO "spending" VALUES(6,'2026-11-30 15:12:25.285283','our-x','ours','post',1,15000);
INSERT INTO "spending" VALUES(7,'2026-11-30 18:12:27.046021','our-x',NULL,'owned_read',1,1000);
CREATE TABLE uploads (
	id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	alt TEXT NOT NULL, 
	media_id TEXT NOT NULL, 
	expires DATETIME NOT NULL, 
	CONSTRAINT pk_uploads PRIMARY KEY (id)
);
CREATE TABLE users (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	accounts TEXT, 
	campaigns TEXT, 
	password TEXT, 
	added DATETIME NOT NULL, 
	removed DATETIME, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_name UNIQUE (name)
);
INSERT INTO "users" VALUES(1,'Ana','approve',NULL,NULL,'$argon2id$v=19$m=19456,t=2,p=1$N6hdXY4K+xkq5nZQlkw4Jw$vFnTl8zpjTC15nSdx9i5DUzNMQiFs5NMM1V9xB03DII','2026-11-30 18:12:30.569825',NULL);
INSERT INTO "users" VALUES(2,'Ben','admin',NULL,NULL,NULL,'2026-11-30 18:12:32.250542','2026-11-30 18:12:33.507601');
CREATE TABLE voices (
	"key" BIGINT NOT NULL, 
	delivery INTEGER NOT NULL, 
	unit INTEGER NOT NULL, 
	CONSTRAINT pk_voices PRIMARY KEY ("key", delivery, unit), 
	CONSTRAINT fk_voices_delivery FOREIGN KEY(delivery) REFERENCES deliveries (id)
)
 WITHOUT ROWID

;
INSERT INTO "voices" VALUES(-8621926991097934091,2,0);
INSERT INTO "voices" VALUES(-7285169013240100706,1,0);
INSERT INTO "voices" VALUES(-5087951303618507898,10,0);
INSERT INTO "voices" VALUES(-1014173044812479664,2,0);
INSERT INTO "voices" VALUES(119976844872845262,1,0);
INSERT INTO "voices" VALUES(580274856338148925,3,-1);
INSERT INTO "voices" VALUES(809881212192178704,3,0);
INSERT INTO "voices" VALUES(870940718393829011,3,0);
INSERT INTO "voices" VALUES(1375018247756062048,2,-1);
INSERT INTO "voices" VALUES(2776208743837305782,10,0);
INSERT INTO "voices" VALUES(3093524297632788129,10,-1);
INSERT INTO "voices" VALUES(3103722294543376405,3,0);
INSERT INTO "voices" VALUES(3866209484003181394,2,0);
INSERT INTO "voices" VALUES(4681980048605090691,10,0);
INSERT INTO "voices" VALUES(7321704522048825584,1,-1);
CREATE TABLE workers (
	name TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	started DATETIME NOT NULL, 
	seen DATETIME NOT NULL, 
	stopped DATETIME, 
	CONSTRAINT pk_workers PRIMARY KEY (name)
);
INSERT INTO "workers" VALUES('server/25335/20261130T151224.563886','server',25335,'2026-11-30 15:12:24.564425','2026-11-30 15:12:24.564425','2026-11-30 15:12:25.315412');
INSERT INTO "workers" VALUES('server/25469/20261130T181226.509701','server',25469,'2026-11-30 18:12:26.510082','2026-11-30 18:12:26.510082','2026-11-30 18:12:27.082004');
INSERT INTO "workers" VALUES('server/25517/20261130T181228.290688','server',25517,'2026-11-30 18:12:28.291126','2026-11-30 18:12:28.291126','2026-11-30 18:12:29.045787');
INSERT INTO "workers" VALUES('server/25926/20261130T181237.651849','server',25926,'2026-11-30 18:12:37.652146','2026-11-30 18:12:37.652146',NULL);
CREATE INDEX ix_alerts_sent_tries ON alerts (sent, tries);
CREATE UNIQUE INDEX ix_approvals_entry ON approvals (entry);
CREATE INDEX ix_audit_subject ON audit (subject);
CREATE INDEX ix_deliveries_campaign_post ON deliveries (campaign, post);
CREATE INDEX ix_deliveries_due ON deliveries (due);
CREATE INDEX ix_deliveries_platform_words ON deliveries (platform, words);
CREATE INDEX ix_deliveries_state_account_not_before ON deliveries (state, account, not_before);
CREATE INDEX ix_deliveries_state_not_before_account ON deliveries (state, not_before, account);
CREATE INDEX ix_spending_at ON spending (at);
CREATE INDEX ix_uploads_account_sha256 ON uploads (account, sha256);
CREATE INDEX ix_attempts_account_opened ON attempts (account, opened);
CREATE INDEX ix_attempts_delivery ON attempts (delivery);
CREATE UNIQUE INDEX uq_attempts_open ON attempts (delivery) WHERE closed IS NULL;
CREATE INDEX ix_publications_account_next_read ON publications (account, next_read);
CREATE INDEX ix_looks_attempt ON looks (attempt);
CREATE INDEX ix_snapshots_publication_read ON snapshots (publication, read);
CREATE INDEX ix_deliveries_left_files ON deliveries (left_files) WHERE left_files IS NOT NULL;
CREATE INDEX ix_attempts_doubtful ON attempts (account, opened) WHERE outcome IN ('unknown', 'duplicate');
CREATE INDEX ix_publications_account_published ON publications (account, published, part, delivery);
CREATE INDEX ix_sessions_user ON sessions (user);
CREATE INDEX ix_login_links_user ON login_links (user);
CREATE INDEX ix_feeds_user ON feeds (user);
CREATE INDEX ix_audit_at ON audit (at, id);
CREATE INDEX ix_audit_who_at ON audit (who, at, id);
COMMIT;
