/* An API's description, of what the sandbox's echo takes. ' for ". */
#pragma once

#define DESCRIPTION                                                            \
  "{'openapi':'3.0.3','servers':[{'url':'https://evil.example'}],'paths':{"    \
  "'/echo/users/{id}':{'get':{'operationId':'getUser','summary':'One user',"   \
  "'parameters':[{'name':'id','in':'path','required':true,'schema':{'type':"   \
  "'integer'}},{'name':'state','in':'query','schema':{'type':'string','enum':" \
  "['open','closed','$(touch x)']}},{'name':'X-Trace','in':'header'}]},"       \
  "'patch':{'operationId':'editUser','summary':'Change a user','parameters':"  \
  "[{'name':'id','in':'path'}],'requestBody':{'content':{'application/json':"  \
  "{'schema':{'required':['name'],'properties':{'name':{'type':'string'},"     \
  "'age':{'type':'integer'},'admin':{'type':'boolean'},'tags':{'type':"        \
  "'array','items':{'type':'string'}},'home':{'type':'object','properties':"   \
  "{'floor':{'type':'integer'}}}}}}}}}},"                                      \
  "'/echo/users/{id}/repos':{'get':{'operationId':'listRepos','summary':"      \
  "'\\u001b]0;own\\u0007 repos'}},"                                            \
  "'/echo/users':{'get':{'operationId':'listUsers'},'post':{'operationId':"    \
  "'addUser','requestBody':{'content':{'application/x-www-form-urlencoded':"   \
  "{'schema':{'properties':{'name':{'type':'string'}}}}}}}},"                  \
  "'/echo/$(touch x)':{'get':{'operationId':'$(touch x)'}},"                   \
  "'/echo/a;b':{'get':{'operationId':'a`id`b'}},"                              \
  "'/echo/\\u001b[2J':{'get':{'operationId':'escape'}},"                       \
  "'/echo/search':{'get':{'operationId':'search','parameters':[{'name':'q',"   \
  "'in':'query','required':true}]}}}}"
