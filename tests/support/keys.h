/* Private keys as files hold them, for tests. All are published or were made
 * for this: none guards anything. */
#pragma once

/* The key of RFC 7515 A.3, as PKCS#8. */
#define PEM_P256                                                               \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCCOmxCecZCYv5gEh98f\n"         \
  "XXfpyylgbr7SJjtfV8IT34T0sg==\n"                                             \
  "-----END PRIVATE KEY-----\n"

/* The same as `openssl ecparam -genkey` writes it, and shorter. */
#define PEM_P256_SEC1                                                          \
  "-----BEGIN EC PARAMETERS-----\n"                                            \
  "BggqhkjOPQMBBw==\n"                                                         \
  "-----END EC PARAMETERS-----\n"                                              \
  "-----BEGIN EC PRIVATE KEY-----\n"                                           \
  "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"         \
  "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"         \
  "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"                                     \
  "-----END EC PRIVATE KEY-----\n"

#define PEM_P256_SHORT                                                         \
  "-----BEGIN EC PRIVATE KEY-----\n"                                           \
  "MDECAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"         \
  "AwEH\n"                                                                     \
  "-----END EC PRIVATE KEY-----\n"

#define PEM_P384                                                               \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCEe9rc7MY/BDfrLxtB\n"         \
  "uxD+LiQst4Pdof8MbvuShLivaQx/ONaa+xH+ejHTYHhA+yKhZANiAAThsEOzam0H\n"         \
  "HnyxA9JRF/WaO4QWQh93dZCEXAwV+NFXfn8FJkADlGQ7PJvn67NzDCkcuhcvqZgu\n"         \
  "RROGPsCgib68LEIOMfNi7eJjpDVdI56ZhrMLd86vx981Ogip+G9tkII=\n"                 \
  "-----END PRIVATE KEY-----\n"

/* The key of RFC 7515 A.2, as PKCS#8 and PKCS#1. */
#define PEM_RSA                                                                \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO\n"         \
  "jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL\n"         \
  "aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn\n"         \
  "juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5\n"         \
  "ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf\n"         \
  "toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg\n"         \
  "VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW\n"         \
  "PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G\n"         \
  "O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj\n"         \
  "kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6\n"         \
  "XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB\n"         \
  "4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K\n"         \
  "pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr\n"         \
  "0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE\n"         \
  "lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6\n"         \
  "kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP\n"         \
  "rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw\n"         \
  "kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp\n"         \
  "5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2\n"         \
  "9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/\n"         \
  "evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG\n"         \
  "yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj\n"         \
  "OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2\n"         \
  "tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3\n"         \
  "ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56\n"         \
  "03k2+ZQwVK0JKSHuLFkuQ3U=\n"                                                 \
  "-----END PRIVATE KEY-----\n"

#define PEM_RSA_PKCS1                                                          \
  "-----BEGIN RSA PRIVATE KEY-----\n"                                          \
  "MIIEowIBAAKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0\n"         \
  "l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pC\n"         \
  "gNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSX\n"         \
  "ndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD\n"         \
  "Zlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8\n"         \
  "q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQABAoIBABKucaRpzQorw35S\n"         \
  "bEUAVx8dYXUdZOlJcHtiWQ+dC6V8ljxAHj/PLyzTveyI5QO/xkObCyjIL303l2cf\n"         \
  "UhPu2MFaJdjVzqACXuOrLot/eSFvxjvqVidTtAZExqFRJ9mylUVAoLvhowVWmC1O\n"         \
  "n95fZCXxTUtxNEG1Xcc7m0rtzJKs45J+N/V9DP1edYH6USyPSWGp6wuA+KgHRnKK\n"         \
  "Vf9GRx80JQY7nVNkL17eHoTWEwga+lwi0FEoW9Y7lDtWXYmKBWhUE+U8PGxlJf8f\n"         \
  "40493HDw1WRQ/aSLoS4QTp3rn7gYgeHEvfJdkkf0UMhlknlo53M09EFPdadQ4TlU\n"         \
  "bjqKc50CgYEA4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH/5IB3jw3bcxGn6QLvnE\n"         \
  "tfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw/Py5PJdTJNPY8cQn7ouZ2KKDcmnPG\n"         \
  "BY5t7yLc1QlQ5xHdwW1VhvKn+nXqhJTBgIPgtldC+KDV5z+y2XDwGUcCgYEAuQPE\n"         \
  "fgmVtjL0Uyyx88GZFF1fOunH3+7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYs\n"         \
  "p1ZSe7zFYHj7C6ul7TjeLQeZD/YwD66t62wDmpe/HlB+TnBA+njbglfIsRLtXlnD\n"         \
  "zQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdcCgYAHAp9XcCSrn8wVkMVkKdb7\n"         \
  "DOX4IKjzdahm+ctDAJN4O/y7OW5FKebvUjdAIt2GuoTZ71iTG+7F0F+lP88jtjP4\n"         \
  "U4qe7VHoewl4MKOfXZKTe+YCS1XbNvfgwJ3Ltyl1OH9hWvu2yza7q+d5PCsDzqtm\n"         \
  "27kxuvULVeya+TEdAB1ijQKBgQCH/3r6YrVH/uCWGy6bzV1nGNOdjKc9tmkfOJmN\n"         \
  "54dxdixdpozCQ6U4OxZrsj3FcOhHBsqAHvX2uuYjagqvo3cOj1TRqNocX40omfCC\n"         \
  "Mx3bD1yPPf/6TI2XECva/ggqEY2mYzmIiA5LVVmc5nrybr+lssFKneeyxN2Wq93S\n"         \
  "0iJMdQKBgCGHewxzoa1r8ZMD0LETNrToK423K377UCYqXfg5XMclbrjPbEC3YI1Z\n"         \
  "NqMtuhdBJqUnBi6tjKMF+34Xf0CUN8ncuXGO2CAYvO8PdyCixHX52ybaDjy1FtCE\n"         \
  "6yUXjoKNXKvUm7MWGsAYH6f4IegOetN5NvmUMFStCSkh7ixZLkN1\n"                     \
  "-----END RSA PRIVATE KEY-----\n"

#define PEM_RSA_SMALL                                                          \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAO0JJE5scb5+mZzr\n"         \
  "jzaqYuL77nb+KrKa28YgABjer6BJjUk3MxcsV+NDXjo90TGxmnVKDkuRVxvs3AHF\n"         \
  "Sv9vYNRSdIOKBV848rWU+9ev1ueaK13v0ehC0Kl/DQh0GtZyermlA+//Aqlp2WRO\n"         \
  "3O2LzpIc4S31dZRLAz0wGuHnghPrAgMBAAECgYEA4Kiwe4/3Aoj1STBOLY6yaNZE\n"         \
  "/w0JJPz3XkIINYoiRTZRLdqeltEVf7XjQipC8umVLqOBBwh62mHVZ+w5l/5VczSM\n"         \
  "WUpz+EPXGahmhlL8074XBUHsEToVshPKaIAqb3akpOA9TNlT5atiyYTj3eS0uB/X\n"         \
  "HWALmq2BpuBUeD5v9mkCQQD9WC1clN7AkMDq5cFNbAKaOWspDf9dIBY1oQlGN/eq\n"         \
  "adhNrOjfB4+29N+Ddg60Ftr7G6DzPK1W9OJL5WJPvFyPAkEA74UzrqsqtYWcpmz8\n"         \
  "79ekgBrRl1wXZONx6OjJfuzh81YAhA1agZnhiAdBEbDFoCm1oz586O3tUPm78jIP\n"         \
  "Dfw45QJBALPI24gT7W/iScVofqEewUoI7U8ZK9s+ZgRw31ABb7RzoJie2DNN/mLr\n"         \
  "q6JzKUQL5CLHHJUAvlIzPlR12CqVlWkCQQChEGtum39+zThH2aZFCjd+RYqHQ9Af\n"         \
  "carZuiA1D8npPf3ezrP7zqSQOoCRCtP6HdIc0hpg8A3Tk/vEo9Dn0KHZAkAmj/B0\n"         \
  "E6colTrYLw6LzQwJnkZEFc/naM6Y9ea65gd9GjX7hrPhgAJXnfoFDu5mJgB4Qe2u\n"         \
  "2jPR3Kk6bEhtxLfk\n"                                                         \
  "-----END PRIVATE KEY-----\n"

/* 4608 bits. */
#define PEM_RSA_BIG                                                            \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MIIKYwIBADANBgkqhkiG9w0BAQEFAASCCk0wggpJAgEAAoICQQDKpZHqao6HyApX\n"         \
  "rzxZ4SNo78ZoOWhr5dmbJmTaLoyiB0qKJcLrnHJXkv3J0wp+yG536gzI4ySLOc7W\n"         \
  "e/CisJnWG9jQ3u12h+2r+sWtVs+DBHkxIgsb4KJdFqNExBGBtYBbVmzaBlchoINL\n"         \
  "L8NCOpzq+zyMWr/clsEQyZFWzY85GSIV3JdOAeVRA9RP/zTjZVxjF9T2+cj0PDro\n"         \
  "I4qwi/hZ1EVxLf9TB4E0OxgNCa4g3KFibTLt1TZg+Vlji3YHfnUMBagPoYZvx5RN\n"         \
  "FKury9rgQTK1z/hUVtlGcc+xOnv8LLTrTgiFyyVG3Ld01/LwOScNpObzYkFc5SD+\n"         \
  "RAc9ImnpvTDjTXxYrmbYr36Tp3LdO6BwngSpuxBFipociEDdErquIHZZJz51XE6F\n"         \
  "D4oqXL8d0PhThWYQjcnEHeLaxEwvlkmezn0PcX2zJ3ETrxwfJ5mBAxz9dSgsAOxM\n"         \
  "d5i9GFZsKQ8P2XZCFr3Qsyw8RDjA9X0fACGKnh5CABKx8c/oiqZUxT9DI2152Th7\n"         \
  "I3JZb7fvNPtW+bRyWCMQkxBBdGfll3OSSuaxpTsdiD6L9kXupiHs0b1JSS46RHl9\n"         \
  "Yfew1aHf0vTDFj8V28x9E44cEKYy4DYp2aAd6Zq+BLKs/z99PQWLBWQFxYUist7P\n"         \
  "RF8MN+ZwNHfCwU5l7dGGIuwHe5JrRZ/SVlC73aIauG0PRuBew6UpmiF3b11gANdj\n"         \
  "VtqdAmhXOB6R+GuU3452q+H2xEOsk1x4Wv8qB7lxZ8gvki30NBUCAwEAAQKCAkAO\n"         \
  "OfqeYfiGIfN57ZXiJcsHha0glDEswVWaIw35qZgavZd3JIivOPaSXSx/KVdSCG5a\n"         \
  "8Z3lUi72rZUEBpj27vN/Lh7LURng1FD0SIDCtyFj1wykDU9e17xw+73JaNi6ygbM\n"         \
  "GBXrENQNSrhqREeOuXsv3aSbTOQDJOaXxV2JohjqibAUfVNLo8ND1q3mfNSWHJT/\n"         \
  "FEVRnmkZc7YF+zgexgDQ25+8FEjZvSE4t70BQ1ChGCQl+w5pgdUAEK6nbVBuB8Ee\n"         \
  "BN1O1Z3mGzU3MRrj5BtGWvASsVpDdNfAQ+KwaZpFMqVJOgX2pfOaFTTgRCiBwrK8\n"         \
  "w5Apfi3NC1KaOc/mnpPKwqBb63dt6WEpLVmInPzpzlMTPOtiYr0qc1J3lig0QlQj\n"         \
  "7zk9eutQbjeug8So8WwtZy4raU2ScbOvJc1a6+9MTPbEAqlCjQDS+rxELXjG3E72\n"         \
  "Rnq59blP1XKZR+Ez4hF7mPSC5ELtQkECYL+Ksco7ypT4vfsrkrfms/7hrdZxemMt\n"         \
  "/0pBeoOxGEzum1AvkpJoVCHD762tuMHoS34GKyNYo+yja4tOM1TIgwXUeTsgXqIE\n"         \
  "0yroT/8pB3kM5+7En6l+jq0hAXUHw8fvGa+OskkW79dKtlH8f1O4RaYgNh7kj1nT\n"         \
  "03plp02GxvwmfGnSUtgJlkBEVzmLMM6t6ZzuSNfisjFn/dHNnKGfnKq2dL39k/93\n"         \
  "ldbGPPd8pU9ogPZd6vjaydgKVzD84tMhNeKTGBblISKeCwi1pPtgHsa+0eosOeEC\n"         \
  "ggEhAOWm4PLm308oDLtW8S6nnP1B8SpFjgYG/Pqta6PGpAFe8v/SBVjCzotQxLkd\n"         \
  "4qK+U/eeIZ8CvXvTMdluW0VrSZcbH8Pk3uF8J3vlmKykV7/pwaANCp473F+W2948\n"         \
  "B5DaFTb19zNWki2LcnQwurrNPht293S78Ey2olzJkLBU+Qv5wggrBiVVvBs/sgAU\n"         \
  "qPdhTOFQFzWSh5RdzcZO5TlZtUnKhFy8Ehas+MJpU6weOetGBtp427l9y83EPno0\n"         \
  "CZH5Lup3I1YoakDLGB7WNopfd0WQwdYCWA0I0iE/uumkrKZFewvG2xivLBZCoKrk\n"         \
  "9FA7kll8wIUZMRXKFl64D3vN6jA+tdvWC/wnbflbpx4NOJOJ1DXOyUrzly0yd9mu\n"         \
  "X4k8NQKCASEA4eWFsCJKYopdVf/rdGqSexqb3ujn1+V/oo01ctETg1Prl5qaZN7l\n"         \
  "F2JQZwbjsl56VK6znSXfOHm/P+YD/VHvoBebCWvdCyNr67hEBUl2iiROdou2mdsR\n"         \
  "yq0xjycX7vbM4aKy610LsMFDrwyjlgFXJSNpQz2gFn2jt1b9YFgnVMWRalyiSTfk\n"         \
  "LFOOYy0sPaBi9ItLTxetN4ZhIo9jSEM5Vdr6rSQ3QA/IPcIJ3CLJd1UQ24bqp9mX\n"         \
  "DP9pF4VEw98XsbfFjeEigDVQ5gvVJMf6EuDsiTpJtPmS0ktFyJ1QPu8CgR31X+fh\n"         \
  "kA+3TnxRRyRw41vbh2d6kOYMV98GPumVsBYF0CXCLwHJGmypF1uVe8oJZJsD9L/d\n"         \
  "RAv63r1Ox1RhAoIBIQCSn9iR3YwIKwbt+ZWldwjJvfdvSNdjy8RrfJv0Bhiic2/s\n"         \
  "m7gkMsTSuC/SDV2tEJ3lxAWtU3+NdosmSsplaRmkK4I9fXw8NRu0hCPVXlxUQLgK\n"         \
  "KylzW77ZHSWmH2epOURAQgyhr41HHPhnbNFcATy9JljaJEBJinXhjiQeITKdTcpv\n"         \
  "kqCq57FhKGrKmGZFA8+lL5CR+MstlDKUgbziv/76bR3TY5Sc+7Ub00nD48yRBbXM\n"         \
  "eUu4g7PC3aASP/U4SQOGWairEsS8N69fyN8ru8YYGVNZA0gakl4vMlRxZl2BD21/\n"         \
  "WGh8uyMH12RjmCjQrShEkF0O3cW0JsHfmd7w6cizIubTxDcEuFwD0FvD2ScdM+vU\n"         \
  "qwFkJGCKT+WriySeJ10CggEhAN5pa71FpdNrxAX+mcbffyWxxzIsQsjw70AOpEdN\n"         \
  "z1aIc/eqgsU6KHljlSI7SEjAeNWTxMi/Fw614DV7tQXffH01gLI//z0OPR2zKVXD\n"         \
  "RPEyWgah/MFzTgsthxQZO5lOad7moB7YV8BKKOfbG91/qFuqh+Nqc4pxXZYQEhyf\n"         \
  "7umqNEhyuF46p291PUYsndh3Z7a6xwUynJuEtXKflvL5LSR5HEMI21U5tMAJokea\n"         \
  "AJ57pMNgDP4CYJStjL1Zu6DWsK+L7viIZ72vwN0fXVZ/hpq71mgueY+0AnkHH8gs\n"         \
  "C2xLSz3xTzyERDPhJWwjPqs7F+Li+DxTB/xOZGzH65BZz8W1iTetVYmOyoA36CxV\n"         \
  "QdLF04W4kqaRmbt7yB8yaLQdQQKCASBGucziaNCx7+LG2WD3UXl2sCuyzmtzvOvr\n"         \
  "b5eNhuny0QLyhbS+hjtiwj0nC0y3wWbPkkTIpqC0L//ZGityQtpsi9ASLPdjyNeq\n"         \
  "OG0Yz+6Qf5RhfI54Y/OBImleIlxp0FJZg9tFB08RixqcXm/Pea+tfw5sVcmfx8th\n"         \
  "hzKoEDrpx/XkqWO0gaEgdm5bzvIejb+8stsUe/Rtq3jyARWf0ccxQAQezdnhuNMp\n"         \
  "g2nLb4h5EEqALsMK1wJqEG6+hXc1Zh8XgMK4UNh+Ra00KwrvSn/mT7JZhCorbnN7\n"         \
  "V2Ku3YnZn8x75BbUt4TOGDhHs4iWJZhFgUEMASzFjg4vuB8qa39SC1oYQH0sSMAk\n"         \
  "Z+L8H0bB10UZvwRhdGC2qGEJ5J7j+DQ=\n"                                         \
  "-----END PRIVATE KEY-----\n"

/* With the passphrase "test". */
#define PEM_ENCRYPTED                                                          \
  "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                    \
  "MIGrMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj6MrUv2cDDUQICCAAw\n"         \
  "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEHIdvurcMbfwTIU9IMUA7vEEUOmm\n"         \
  "7TDSg5E1MSE5ROPPA08WohvyspDNMIO6jBQbF1SycD2p76GhPDaYqckdZVSrrIEF\n"         \
  "F1+RdGBgs7XnF1Fq2whd2c2ieP4AzG/YE3tsaqye\n"                                 \
  "-----END ENCRYPTED PRIVATE KEY-----\n"

#define PEM_ENCRYPTED_OLD                                                      \
  "-----BEGIN EC PRIVATE KEY-----\n"                                           \
  "Proc-Type: 4,ENCRYPTED\n"                                                   \
  "DEK-Info: AES-128-CBC,422D89B5D7C13F12359BA22BC6D402AE\n"                   \
  "\n"                                                                         \
  "eycu7L7LjiR9pm8kDKdj1sNLL0b/A5xQWDlp+Q0Vra1SQmAu5qdzFIAXY9jiPLQe\n"         \
  "x9QMwV8TzwvndAxD1y38JDwhKpL28MGuyTSvPTNJMhG5NBfugEAM+pg/xXyi62ua\n"         \
  "b5dm+FmAxC2Q+7jVyqSJPcYqarlNNlW6jGnVHUdsbCE=\n"                             \
  "-----END EC PRIVATE KEY-----\n"

#define PEM_ED25519                                                            \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MC4CAQAwBQYDK2VwBCIEIAzCIP8PtBi+OhVpHAYlVm+mbBeMC/7PMl2sHz3NGzal\n"         \
  "-----END PRIVATE KEY-----\n"

#define PEM_ED448                                                              \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MEcCAQAwBQYDK2VxBDsEOaEhlVMo73v8Wz3sQg0jEp7YuWNqXfiAQ1p+Gj4u7IFF\n"         \
  "W4FqAIu3s2T+zFCH6ycb+/lPwWAPhYJ34g==\n"                                     \
  "-----END PRIVATE KEY-----\n"

#define PEM_X25519                                                             \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MC4CAQAwBQYDK2VuBCIEIJiGiwESxsyP6juNlGhN337lVgLkDv6IuF5KUqsS/nVg\n"         \
  "-----END PRIVATE KEY-----\n"

#define PEM_K256                                                               \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgT5HxNzl5HqvDq2mek2lH\n"         \
  "I2nQ/HGh0hhF41iWuQhkcxqhRANCAATJDePoc/idNuIfErRNelmMS4F5C6VVPvAF\n"         \
  "dUYQTsbQ1c/8iATduLFJ6qcJhOB1ngy4SWSLapDaWLthjV12YN9G\n"                     \
  "-----END PRIVATE KEY-----\n"

#define PEM_P521                                                               \
  "-----BEGIN PRIVATE KEY-----\n"                                              \
  "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBc2p4QlXEHoupXIcu\n"         \
  "NXAtU+7u255LYlm4V7wm2O78B2p4mEY1XoD3ms8C0Aeyelrdj5FirxoiAeJ1caoo\n"         \
  "8qR4XOehgYkDgYYABADIAdzaSLOquFDxNp+jNewNfEWrQ+Q/xqLXP3EXc+OT44WI\n"         \
  "bYktXaNJXzvaqeYdYpx6iIImNc80ItC+JRvaX9Ui/gDUJiNF101invvW8OxGXfma\n"         \
  "bkZuTGDDGf1EwyBH7Yh6Jn/PMC6IxI+IUKT8rG6vz1DU4hWzVZYGYPkWWp55r6i8\n"         \
  "7w==\n"                                                                     \
  "-----END PRIVATE KEY-----\n"

#define PEM_OPENSSH                                                            \
  "-----BEGIN OPENSSH PRIVATE KEY-----\n"                                      \
  "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"   \
  "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQRgIKnE4H0cgBOtJJzC9jMz7IFEXdi7\n"   \
  "NFPJ3vbyC/lLC1uRqvuKpyu88Ga0CKVgE1YHvB187ijQQCZekhRlmfWTAAAAoANA/fIDQP\n"   \
  "3yAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGAgqcTgfRyAE60k\n"   \
  "nML2MzPsgURd2Ls0U8ne9vIL+UsLW5Gq+4qnK7zwZrQIpWATVge8HXzuKNBAJl6SFGWZ9Z\n"   \
  "MAAAAhAPoP9qG6nSgTUmPFQ9rph5TD7GrPNj9lAastttn6z9WRAAAABHRlc3QBAgM=\n"       \
  "-----END OPENSSH PRIVATE KEY-----\n"

#define PEM_PUBLIC                                                             \
  "-----BEGIN PUBLIC KEY-----\n"                                               \
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"         \
  "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"             \
  "-----END PUBLIC KEY-----\n"

/* RFC 7515 A.3 and RFC 7517 A.2, the kid theirs. */
#define JWK_P256                                                               \
  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e"   \
  "8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\""   \
  "d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"

#define JWK_RSA                                                                \
  "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78"   \
  "LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64"   \
  "tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMi"   \
  "cAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI"   \
  "4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz"   \
  "KnqDKgw\",\"e\":\"AQAB\",\"d\":\"X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG"   \
  "6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv7B6NqXSzUvxT0_Y"   \
  "Sfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cP"   \
  "VY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66j"   \
  "T8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOY"   \
  "tqc0X4jfcKoAC8Q\",\"p\":\"83i-7IvMGXoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyL"   \
  "PQBQxtPVnwD20R-60eTDmD2ujnMt5PoqMrm8RfmNhVWDtjjMmCMjOpSXicFHj7XOuVIYQyqV"   \
  "WlWEh6dN36GVZYk93N8Bc9vY41xy8B9RzzOGVQzXvNEvn7O0nVbfs\",\"q\":\"3dfOR9cu"   \
  "Yq-0S-mkFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5"   \
  "r370AFXjiWft_NGEiovonizhKpo9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG"   \
  "9LUnADun4vIcb6yelxk\",\"dp\":\"G4sPXkc6Ya9y8oJW9_ILj4xuppu0lzi_H7VTkS8xj"   \
  "5SdX3coE0oimYwxIi2emTAue0UOa5dpgFGyBJ4c8tQ2VF402XRugKDTP8akYhFo5tAA77Qe_"   \
  "NmtuYZc3C3m3I24G2GvR5sSDxUyAN2zq8Lfn9EUms6rY3Ob8YeiKkTiBj0\",\"dq\":\"s9"   \
  "lAH9fggBsoFR8Oac2R_E2gw282rT2kGOAhvIllETE1efrA6huUUvMfBcMpn8lqeW6vzznYY5"   \
  "SSQF7pMdC_agI3nG8Ibp1BUb0JUiraRNqUfLhcQb_d9GF4Dh7e74WbRsobRonujTYN1xCaP6"   \
  "TO61jvWrX-L18txXw494Q_cgk\",\"qi\":\"GyM_p6JrXySiz1toFgKbWV-JdI3jQ4ypu9r"   \
  "bMWx3rQJBfmt0FoYzgUIZEVFEcOqwemRN81zoDAaa-Bk0KWNGDjJHZDdDmFhW3AN7lI-puxk"   \
  "_mHZGJ11rxyR8O55XLSe3SPmRfKwZI6yU24ZxvQKFYItdldUKGzO6Ia6zTKhAVRU\",\"alg"   \
  "\":\"RS256\",\"kid\":\"2011-04-29\"}"
