/**
 * The most common passwords of ten characters or more in published leaks; shorter ones are refused by their length.
 * Small on purpose: it stops the guesses everybody makes first, which is what slow guessing leaves room for.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `1234567890 12345678910 0123456789 1234567891 123456789a 12345678900 0987654321 9876543210 123456789123 1234512345
  123123123123 1231231234 1234554321 1122334455 11223344556677 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc
  qwertyuiop qwertyuiop123 qwerty12345 qwerty123456 qwerty1234 qwertyqwerty qwerty123! qwe123qwe123 qazwsxedcrfv
  qazwsxedc123 asdfghjkl; asdfghjkl1 asdfghjkl123 asdfasdfasdf asdf1234asdf zxcvbnm123 zxcvbnm,./ zaq12wsxcde3
  zaq1zaq1zaq1 password10 password11 password12 password123 password1234 password12345 password123! password1! password01
  passwordpassword passw0rd123 p@ssw0rd123 p@ssword123 p@ssw0rd12 p@55w0rd123 mypassword mypassword1 mypassword123
  yourpassword newpassword newpassword1 changeme123 changeme1234 changeme1! changemenow letmein123 letmein1234
  letmein12345 letmeinnow welcome123 welcome1234 welcome12345 welcome123! welcome2023 welcome2024 welcome2025 welcome2026
  admin12345 admin123456 admin123admin adminadmin admin@1234 admin12345! administrator administrator1 root123456
  rootroot12 toor123456 iloveyou12 iloveyou123 iloveyou1234 iloveyou2 iloveyouforever iloveyousomuch loveyou123
  abcdefghij abcdefghijk abc1234567 abc123456789 abcd123456 abcd1234567 a123456789 aa12345678 aa123456789 a1b2c3d4e5
  a1234567890 q1w2e3r4t5 q1w2e3r4t5y6 princess123 princess12 sunshine123 sunshine12 football123 football12 baseball123
  basketball basketball1 superman123 superman12 batman1234 spiderman123 spiderman1 starwars123 pokemon123 minecraft1
  minecraft123 dragon12345 monkey12345 monkey1234 shadow1234 master1234 michael123 jennifer123 jessica123 charlie123
  jordan1234 liverpool1 liverpool123 manchester manchester1 chelsea123 arsenal123 barcelona1 barcelona123 realmadrid
  realmadrid1 computer123 internet123 samsung123 summer2023! summer2024! summer2025! summer2026! summer2024 summer2025
  winter2024! winter2025! winter2025 spring2025! autumn2025! september1 christmas1 christmas123 chocolate1 chocolate123
  butterfly1 butterfly123 strawberry strawberry1 cheesecake blink182blink trustno1trustno1 letmein!!! test123456
  test1234567 testtest123 testtesttest test12345678 testing123 testing1234 demo123456 demodemodemo guest12345 user123456
  default123 secret1234 secret12345 secretsecret supersecret topsecret1 google1234 facebook123 facebook1 instagram1
  whatsapp123 linkedin123 microsoft1 windows123 correcthorsebatterystaple thisismypassword ilovemyfamily ihateyou123
  mynameis123 hello12345 hello123456 helloworld helloworld1 helloworld123 hellohello goodmorning goodmorning1 87654321ab
  147258369a 1472583690 7894561230 0147258369 159753456852 741852963a 7418529630 3692581470 1357924680 2468135790
  1029384756 1234qwerasdf 1234qwerasdfzxcv 1234abcd1234 12341234qwer 123qweasdzxc 123qwe123qwe 123456qwerty 123456abcdef
  12345qwert 12345qwerty 123654789a 111222333444 1111122222 0000000001 souksouk12 marketplace marketplace1`.split(
    /\s+/,
  ),
)
