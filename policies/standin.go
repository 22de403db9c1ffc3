package policies

// JudgesStandIns implements standin.Judge: each of these classes decides about
// a request by the methods of the user in users.go, and by the method. Not
// among them are classes about credentials, and functions of the application.
func (allowAny) JudgesStandIns()                  {}
func (isAuthenticated) JudgesStandIns()           {}
func (isAdminUser) JudgesStandIns()               {}
func (isAuthenticatedOrReadOnly) JudgesStandIns() {}
func (readOnly) JudgesStandIns()                  {}
func (inGroup) JudgesStandIns()                   {}
func (hasPerm) JudgesStandIns()                   {}
func (*modelPermission) JudgesStandIns()          {}
func (*objectPermission) JudgesStandIns()         {}
func (*ownerPermission) JudgesStandIns()          {}
func (*funcObjectPermission[T]) JudgesStandIns()  {}
func (*hasScope) JudgesStandIns()                 {}
func (*composed) JudgesStandIns()                 {}
func (*reworded) JudgesStandIns()                 {}
